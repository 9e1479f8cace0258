"""The last step of a challenge at the node: its rows are handed in, and the verdict is fetched."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from netmind_tui.certify.challenge.deadline import Deadline
from netmind_tui.certify.challenge.doubt import check_same
from netmind_tui.certify.challenge.line import Gone, Line, TurnedAway
from netmind_tui.certify.challenge.message import Asked, Checking, Opened, heard, say
from netmind_tui.certify.refused import Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LONGEST_PAUSE_S = 30.0
_AGAIN_S = 2.0
_MOST_SILENCES = 3


class Pickup:
    """Rows that are handed in once, and a verdict that is asked for until it is there."""

    def __init__(
        self,
        line: Line,
        private: "Ed25519PrivateKey",
        challenger: str,
        *,
        pause: Callable[[float], None],
        tell: Callable[[str], None],
    ) -> None:
        """Make one.

        Args:
            line: To the challenger.
            private: The node's key.
            challenger: The key of whom the rows are for.
            pause: Waits so many seconds.
            tell: Hears why it is asked again.
        """
        self._line, self._private, self._challenger = line, private, challenger
        self._pause, self._tell = pause, tell

    def verdict(self, opened: Opened, deadline: Deadline) -> bytes:
        """Open the rows, and ask until there is a verdict, or something that cannot be read as one.

        Where the answer to the rows does not come, nobody knows whether they did: then the verdict is asked for, and
        they are sent a second time where the challenger says that it does not have them.

        Raises:
            Problem: the challenger is gone, turns the node away, or does not come to a verdict in time.
        """
        rows = (f"/v1/opened/{opened.session}", say(opened, self._private))
        asked = ("/v1/asked", say(Asked(session=opened.session, root=opened.root), self._private))
        turn, silences, is_sent_twice = rows, 0, False
        while True:
            pause_s = _AGAIN_S
            try:
                answer = self._line.ask(*turn, within_s=deadline.left())
            except Gone as gone:
                deadline.check()
                silences += 1
                if silences > _MOST_SILENCES:
                    raise
                self._tell(f"{gone.sentence}; asking for the verdict")
                turn = asked
            except TurnedAway:
                if turn is rows or is_sent_twice or not silences:
                    raise
                turn, is_sent_twice = rows, True
            else:
                again_s = self._again_s(answer, opened.session)
                if again_s is None:
                    return answer
                pause_s, turn = min(max(again_s, 0.0), _LONGEST_PAUSE_S), asked
            self._pause(min(pause_s, deadline.left()))

    def _again_s(self, answer: bytes, session: str) -> float | None:
        """When to ask again, if the challenger says so."""
        try:
            checking, key = heard(answer, Checking, "the challenger's answer")
        except Refused:
            return None
        check_same("key", key, self._challenger)
        check_same("session", checking.session, session)
        return checking.again_s
