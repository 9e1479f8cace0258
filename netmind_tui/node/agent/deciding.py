"""What is decided, not worked out again while nothing changes and no time has come; and each change, told once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from netmind_tui.model.decision import Decision, Decisions
from netmind_tui.model.override import Override
from netmind_tui.model.policy import Policy
from netmind_tui.model.situation import Situation
from netmind_tui.node.agent import told
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.agent.news import News

Decide = Callable[[Policy, tzinfo, datetime, Situation, Sequence[Override]], Decisions]
_REUSED_S = 5.0


class Deciding:
    """Asks the rules.

    Args:
        decide: the rules.
        news: where changes are told.
    """

    def __init__(self, decide: Decide, news: News) -> None:
        self.decide = decide
        self.since: dict[str, datetime] = {}
        self._news = news
        self._since_s: dict[str, float] = {}
        self._reused: tuple[object, Decisions, float] | None = None

    def decided(
        self, rules: Policy, zone: tzinfo, now: Moment, situation: Situation, overrides: Sequence[Override]
    ) -> Decisions:
        """What each device is to do; where nothing changed and no time has come, what was decided before."""
        asked = (rules, zone, situation, overrides)
        if self._reused is not None:
            before, decisions, at_s = self._reused
            is_fresh = 0 <= now.monotonic_s - at_s < _REUSED_S and _minute(decisions.at) == _minute(now.at)
            if is_fresh and not _has_come(decisions, now.at) and before == asked:
                return replace(decisions, at=now.at)
        decisions = self.decide(rules, zone, now.at, situation, overrides)
        self._reused = (asked, decisions, now.monotonic_s)
        return decisions

    def tell(self, was: Decisions | None, decisions: Decisions, now: Moment, mark: int) -> None:
        """Tell what is another state or reason than before, at a place among what is to be told."""
        before = {each.device: each for each in was.devices} if was is not None else {}
        for each in decisions.devices:
            last = before.get(each.device)
            if last is not None and _same(last, each):
                continue
            lasted_s = now.uptime_s - self._since_s.get(each.device, now.uptime_s)
            told.decision(self._news, last, each, lasted_s, mark, now)
            mark += 1
            if last is None or last.state is not each.state:
                self.since[each.device] = now.at
                self._since_s[each.device] = now.uptime_s


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _has_come(decisions: Decisions, now: datetime) -> bool:
    """Whether a moment that a decision named has come since."""
    return any(
        decisions.at < moment <= now
        for each in decisions.devices
        for moment in (each.until, *(reason.until for reason in each.reasons))
        if moment is not None
    )


def _same(was: Decision, now: Decision) -> bool:
    """Whether nothing changed that somebody would want to read of."""
    return (was.state, was.rung, was.reason.code) == (now.state, now.rung, now.reason.code)
