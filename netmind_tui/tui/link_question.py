"""What an agent is asked now and then: how it was and will be, longer histories, and the days of a year."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netmind_tui.model.problem import Problem
from netmind_tui.tui.history import HOST
from netmind_tui.tui.message import Message
from netmind_tui.tui.node_page import DayState
from netmind_tui.tui.node_state import Counted, Foretold, LookedBefore, Remembered, Termed
from netmind_tui.tui.schedule_state import Recalled

if TYPE_CHECKING:
    from netmind_tui.model.contribution import Contribution
    from netmind_tui.model.control import Rollup
    from netmind_tui.model.timeline import Timeline
    from netmind_tui.node.control.client import Client
    from netmind_tui.tui.history import Point
    from netmind_tui.tui.state import State

BEFORE, AFTER = timedelta(hours=24), timedelta(hours=18)
LONGEST_BEFORE = timedelta(days=7)
_TIMELINE_EVERY_S, _PAST_EVERY_S, _DAYS_EVERY_S, _TERMS_EVERY_S = 60.0, 60.0, 600.0, 60.0
_LOG_EVERY_S = 1.0
_WEEK_EVERY_S, _PRICES_EVERY_S, _TODAY_EVERY_S = 120.0, 300.0, 60.0
PRICES_BEFORE, PRICES_AHEAD = timedelta(days=1), timedelta(days=8)
"""From a day ago to the end of a week of the owner's calendar."""
_APART_S = 2.0
_YEAR_D, _PART_D = 370, 30
_FARTHEST = timedelta(hours=14)
_HOSTS_NAME = "host"


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far back a span goes, and how fine it is asked for."""

    length: timedelta
    step_s: float

    @property
    def points(self) -> int:
        return int(self.length.total_seconds() / self.step_s)


REACHES = {"24 h": _Reach(timedelta(hours=24), 120.0), "7 d": _Reach(timedelta(days=7), 900.0)}


class Questions:
    """Asks when it is due, one question a time, so that samples go on coming."""

    def __init__(
        self,
        tell: Callable[[Message], None],
        looked_at: datetime | None = None,
        clock: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._tell, self._looked_at, self._clock, self._now = tell, looked_at, clock, now
        self._due: dict[str, float] = {}
        self._span, self._wants_days = "", False
        self._parts: list[tuple[date, date]] = []
        self._terms: object = None
        self._wants_terms = self._wants_today = False
        self._power: object = None
        self._log: tuple[str, str | None] | None = None

    def begin(self) -> None:
        """Another agent, or the same anew: everything is to be asked."""
        self._due, self._parts, self._terms = {}, [], None
        if self._looked_at is not None:
            self._tell(LookedBefore(self._looked_at))

    def follow(self, state: "State") -> None:
        """What the screen shows."""
        self._span = state.view.choice("span", "")
        self._wants_days = state.view.screen == "activity"
        self._wants_terms = state.view.screen == "schedule"
        self._wants_today = state.view.screen in ("overview", "devices", "schedule", "earnings")
        self._log = self._wanted_log(state)
        # Of the same file of the same moment they are the same.
        policy = state.node.status.policy if state.node.status is not None else None
        told = None if policy is None else (policy.sha256, policy.loaded_at)
        if told != self._terms:
            self._terms = told
            self._due["terms"] = 0.0
        # Another price, another tariff: what comes may be another, too.
        worth = state.node.status.money if state.node.status is not None else None
        power = None if worth is None else worth.power
        if power != self._power:
            self._power = power
            self._due["prices"] = 0.0

    def expire(self) -> None:
        """Something happened: what was foretold may be so no more."""
        for what in ("timeline", "week"):
            self._due[what] = min(self._due.get(what, 0.0), self._clock() + _APART_S)

    def ask(self, client: "Client") -> None:
        """Ask one thing that is due, if anything is."""
        if self._log is not None and self._is_due("log"):
            self._put_off("log", _LOG_EVERY_S)
            self._read(client, *self._log)
        elif self._wants_terms and self._is_due("terms"):
            self._put_off("terms", _TERMS_EVERY_S)
            self._tell(Termed(client.policy()))
        elif self._wants_terms and self._is_due("week"):
            self._put_off("week", _WEEK_EVERY_S)
            now = self._now()
            self._tell(Recalled(client.timeline(now - LONGEST_BEFORE, now)))
        elif self._is_due("timeline"):
            self._put_off("timeline", _TIMELINE_EVERY_S)
            now = self._now()
            since = min(now - BEFORE, max(self._looked_at or now, now - LONGEST_BEFORE))
            self._tell(Foretold(client.timeline(since, now + AFTER)))
        elif self._span in REACHES and self._is_due(self._span):
            self._put_off(self._span, _PAST_EVERY_S)
            self._recall(client, self._span)
        elif self._wants_days and (self._parts or self._is_due("days")):
            self._count(client)
        elif self._wants_terms and self._is_due("prices"):
            self._put_off("prices", _PRICES_EVERY_S)
            self._price(client)
        elif self._wants_today and self._is_due("today"):
            self._put_off("today", _TODAY_EVERY_S)
            self._account(client)

    def _wanted_log(self, state: "State") -> tuple[str, str | None] | None:
        """Whose log is looked at: one just opened is asked for at once, one that is read further up stays as it is."""
        if state.view.screen != "devices" or not state.view.choice("work log", ""):
            return None
        from netmind_tui.tui.work_page import is_followed, opened_log  # noqa: PLC0415 - only where a log is read

        wanted = opened_log(state)
        if wanted != self._log:
            self._due["log"] = 0.0
        return wanted if is_followed(state) else None

    def _read(self, client: "Client", name: str, key: str | None) -> None:
        """A log, or why it cannot be read: that is no reason to let go of the agent."""
        from netmind_tui.tui.work_page import LINES, Logged, WorkLog, read  # noqa: PLC0415 - see above

        try:
            self._tell(Logged(read(client.workload_log(name, key, LINES), key)))
        except Problem as problem:
            self._tell(Logged(WorkLog(name=name, key=key, why=problem.sentence)))

    def _price(self, client: "Client") -> None:
        """Prices that cannot be told are no reason to let go of the agent: those of before go on being so."""
        from netmind_tui.tui.money_state import Priced  # noqa: PLC0415 - only where money is looked at

        now = self._now()
        with suppress(Problem):
            self._tell(Priced(client.prices(now - PRICES_BEFORE, now + PRICES_AHEAD)))

    def _account(self, client: "Client") -> None:
        """Books that cannot be read, or an agent that keeps none, say why."""
        from netmind_tui.model.control import PeriodQuery  # noqa: PLC0415 - see above
        from netmind_tui.model.period import PeriodName  # noqa: PLC0415 - see above
        from netmind_tui.tui.money_state import Accounted, Unaccounted  # noqa: PLC0415 - see above

        today = PeriodQuery(period=PeriodName.TODAY)
        try:
            self._tell(Accounted(client.energy(replace(today, by="device")), client.earnings(today)))
        except Problem as problem:
            self._tell(Unaccounted(problem.sentence))

    def _is_due(self, what: str) -> bool:
        return self._clock() >= self._due.get(what, 0.0)

    def _put_off(self, what: str, for_s: float) -> None:
        self._due[what] = self._clock() + for_s

    def _recall(self, client: "Client", span: str) -> None:
        from netmind_tui.model.control import HistoryQuery  # noqa: PLC0415 - only where somebody wants it

        reach, end = REACHES[span], self._now()
        query = HistoryQuery(start=end - reach.length, end=end, step_s=reach.step_s)
        self._tell(Remembered(span, tracks(client.history(query), reach.points)))

    def _count(self, client: "Client") -> None:
        """A month of the year after the other, the newest first; then only what is new of it."""
        now = self._now()
        if not self._parts:
            is_first = "days" not in self._due
            self._put_off("days", _DAYS_EVERY_S)
            self._parts = months(now.date(), _YEAR_D if is_first else 1)
        first, last = self._parts.pop(0)
        # A calendar is never more than that ahead of UTC, or behind it.
        start = datetime.combine(first, time(), UTC) - _FARTHEST
        end = min(now, datetime.combine(last, time(), UTC) + timedelta(days=1) + _FARTHEST)
        told = client.timeline(start, end)
        self._tell(Counted(tuple(each for each in days(told) if first <= each.day <= last)))


def tracks(rollup: "Rollup", points: int) -> "dict[tuple[str, str], tuple[Point, ...]]":
    """Series by device and metric, of so many points each, the newest last."""
    found = {}
    for each in rollup.series:
        device = HOST if each.device == _HOSTS_NAME else each.device
        found[device, each.metric] = (*(None,) * (points - len(each.mean)), *each.mean[-points:])
    return found


def months(today: date, for_days: int) -> list[tuple[date, date]]:
    """The last days up to tomorrow, in parts that are short enough to be told at once: the first and last of each."""
    last, oldest = today + timedelta(days=1), today - timedelta(days=for_days)
    parts = []
    while last > oldest:
        first = max(oldest, last - timedelta(days=_PART_D - 1))
        parts.append((first, last))
        last = first - timedelta(days=1)
    return parts


def days(told: "Timeline") -> tuple[DayState, ...]:
    """What all devices together did on each date of the owner's calendar."""
    from netmind_tui.node.journal.past import days as by_day  # noqa: PLC0415 - only where somebody wants it

    found = []
    for day in by_day(told.devices, ZoneInfo(told.zone)):
        sums: dict[Contribution, float] = {}
        for states in day.seconds.values():
            for state, seconds in states.items():
                sums[state] = sums.get(state, 0.0) + seconds
        found.append(DayState(day=day.day, seconds=sums))
    return tuple(found)
