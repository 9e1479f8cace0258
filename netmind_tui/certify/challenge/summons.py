"""The words by which nodes that were called begin their challenge: one a node, for a short time, good once."""

from typing import NamedTuple

from netmind_tui.certify.challenge.clock import Clock, Dice
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.store import Store
from netmind_tui.model.certificate import Initiator


class _Given(NamedTuple):
    word: str
    until: float


class Summons:
    """Who was called and has not begun yet. Each call stands in the record from the moment at which it was given."""

    def __init__(self, store: Store, clock: Clock, dice: Dice, *, answer_s: float) -> None:
        """Make one.

        Args:
            store: The record.
            clock: By which a word runs out.
            dice: Draw the words.
            answer_s: A called node has begun within so many seconds, or missed its call.
        """
        self._store, self._clock, self._dice, self._answer_s = store, clock, dice, answer_s
        self._given: dict[str, _Given] = {}

    def call(self, node_key: str) -> str:
        """A word by which a node begins a challenge at this moment, chosen here; the one before it is void."""
        given = _Given(self._dice.nonce(), self._clock.elapsed() + self._answer_s)
        self._store.call(given.word, node_key, self._clock.now())
        self._given[node_key] = given
        return given.word

    def left_s(self, node_key: str, word: str) -> float | None:
        """For how many seconds that call still waits for its node; ``None`` where it does not."""
        given = self._given.get(node_key)
        left = None if given is None or given.word != word else given.until - self._clock.elapsed()
        return left if left is not None and left > 0 else None

    def answered(self, node_key: str, word: str, session: str) -> None:
        """A node began a challenge with its word, which counts once."""
        self._store.answer(word, session)
        self._given.pop(node_key, None)

    def sweep(self) -> None:
        """Record the calls that were missed."""
        now = self._clock.elapsed()
        for node_key, given in tuple(self._given.items()):
            if given.until <= now:
                self._store.miss(given.word)
                del self._given[node_key]

    def initiator(self, node_key: str, word: str | None) -> Initiator:
        """Who chose the moment, by the word with which a node begins, or none.

        Raises:
            Declined: nobody called this node with that word, or it ran out.
        """
        if word is None:
            return Initiator.NODE
        if self.left_s(node_key, word) is None:
            words = (
                f"this challenger did not call this node with that word, or it was used, or {self._answer_s:g} s ago"
            )
            raise Declined(Why.FOREIGN, words)
        return Initiator.CHALLENGER
