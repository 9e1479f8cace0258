"""Calling nodes that wait: the challenger chooses the moment, within what each node's owner allows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from netmind_tui.certify.challenge.clock import Clock, Dice
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.message import Call, Waiting
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.statement import short
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

MINUTES = 24 * 60
MOST_A_DAY = 96
MOST_WINDOWS = 8
_MOST_WAITING = 1024
_FORGOTTEN_S = 600.0
_DAY = timedelta(days=1)
Windows = tuple[tuple[int, int], ...]


def is_within(moment: datetime, windows: Windows) -> bool:
    """Whether a moment lies in one of these spans of minutes of a day; without any it does."""
    minute = moment.hour * 60 + moment.minute
    return not windows or any(
        low <= minute < high if low < high else minute >= low or minute < high for low, high in windows
    )


def read_windows(texts: tuple[str, ...], option: str = "--within") -> Windows:
    """Spans such as ``22:00-06:00`` in minutes of a day.

    Raises:
        Problem: one is none, or there are too many.
    """
    if len(texts) > MOST_WINDOWS:
        raise Problem(f"{option}: at most {MOST_WINDOWS} spans are expected, found {len(texts)}", ExitCode.USAGE)
    return tuple(_span(text, option) for text in texts)


def _span(text: str, option: str) -> tuple[int, int]:
    begin, dash, end = text.partition("-")
    low, high = _minute(begin), _minute(end)
    if not dash or low is None or high is None or low == high:
        raise Problem(f"{option} {text[:40]}: two times of day such as 22:00-06:00 are expected", ExitCode.USAGE)
    return low, high


def _minute(text: str) -> int | None:
    hour, colon, minute = text.strip().partition(":")
    if not (colon and hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit() and len(minute) == 2):  # noqa: PLR2004 - two digits
        return None
    found = int(hour) * 60 + int(minute)
    return found if int(hour) < 24 and int(minute) < 60 else None  # noqa: PLR2004 - a day's hours, an hour's minutes


@dataclass(slots=True)
class _Waiter:
    """A node that waits: when it will be called, and when it was last heard."""

    moment: float
    heard: float
    word: str | None = None


class Switchboard:
    """Who waits for a call, and when each gets one."""

    def __init__(self, desk: Desk, store: Store, clock: Clock, dice: Dice, *, within_s: float, again_s: float) -> None:
        """Make one.

        Args:
            desk: Gives the word of a call.
            store: Knows how often a node was called.
            clock: Whose time it is.
            dice: Choose the moment.
            within_s: A node is called at a moment within so many seconds.
            again_s: A node asks again after so many.
        """
        self._desk, self._store, self._clock, self._dice = desk, store, clock, dice
        self._within_s, self._again_s = within_s, again_s
        self._waiters: dict[str, _Waiter] = {}

    def waiting(self, waiting: Waiting, node_key: str) -> Call:
        """Call a node now, or tell it to ask again.

        Raises:
            Declined: it is for another challenger, comes from a stranger, says something that cannot be meant, or too
                many wait.
        """
        self._desk.admit(node_key)
        if waiting.challenger != self._desk.key.public:
            raise Declined(Why.FOREIGN, f"this challenger is not {short(waiting.challenger)}")
        _check(waiting)
        now = self._clock.elapsed()
        for key in [key for key, each in self._waiters.items() if now - each.heard >= _FORGOTTEN_S]:
            del self._waiters[key]
            self._desk.uncall(key)
        waiter = self._waiters.get(node_key)
        if waiter is None:
            if len(self._waiters) >= _MOST_WAITING:
                raise Declined(Why.BUSY, f"{_MOST_WAITING} nodes wait here: ask again later")
            waiter = self._waiters[node_key] = _Waiter(self._chosen(), now)
        waiter.heard = now
        if waiter.word is not None and not self._desk.is_called(node_key, waiter.word):
            waiter.word, waiter.moment = None, self._chosen()  # it was taken: the next one
        if waiter.word is None and now >= waiter.moment:
            if self._may_call(waiting, node_key):
                waiter.word = self._desk.call(node_key)
            else:
                waiter.moment = self._chosen()
        return Call(node=node_key, answers=waiting.nonce, call=waiter.word, again_s=self._again_s)

    def _may_call(self, waiting: Waiting, node_key: str) -> bool:
        now = self._clock.now()
        return is_within(now, waiting.within) and self._store.called_since(node_key, now - _DAY) < waiting.at_most

    def _chosen(self) -> float:
        return self._clock.elapsed() + self._dice.between(0.0, self._within_s)


def _check(waiting: Waiting) -> None:
    spans = [minute for pair in waiting.within for minute in pair]
    fits = 1 <= waiting.at_most <= MOST_A_DAY and waiting.seconds >= 1 and len(waiting.within) <= MOST_WINDOWS
    if not fits or any(not 0 <= minute < MINUTES for minute in spans):
        raise Declined(Why.FOREIGN, f"1 to {MOST_A_DAY} calls a day and minutes below {MINUTES} are expected")
