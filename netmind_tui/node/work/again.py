"""Whether work that ended by itself is started again, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from netmind_tui.model.workload import Restart, Workload
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.agent.told import length
from netmind_tui.node.work.backoff import Backoff
from netmind_tui.node.work.instance import Ended
from netmind_tui.node.work.telling import cause_of

_SHORT_S = 60.0
_FAILED = ("crashed", "not-started")


@dataclass(frozen=True, slots=True)
class Waits:
    """Why work does not run: a clause, when that is over, and the owner's command that ends it."""

    sentence: str
    until: datetime | None = None
    lift: str | None = None


class Again:
    """Remembers how one place of work fared. ``last`` is how it ended last."""

    def __init__(self) -> None:
        self.last: Ended | None = None
        self._backoff = Backoff()
        self._until: datetime | None = None
        self._done: str | None = None

    @property
    def failures(self) -> int:
        """How often it failed in a row."""
        return self._backoff.failures

    @property
    def failed(self) -> Ended | None:
        """How it failed last, if it did, and has not run well since."""
        return self.last if self._backoff.failures else None

    def forget(self) -> None:
        """Let it start at once, whatever came of it before."""
        self._backoff, self._done, self._until = Backoff(), None, None

    def is_soon(self, now: Moment) -> bool:
        """Whether it is tried again in a moment, so that its place is kept."""
        return 0 < self._backoff.until_s - now.monotonic_s <= _SHORT_S

    def follows(self, how: Ended, workload: Workload, now: Moment, asked: str | None) -> str:
        """See what follows from its end, and say it; ``asked`` is what was asked of it, if anything."""
        failed = how.how in _FAILED or asked == "unwell"
        if asked == "finish" and not failed:
            return ""
        restart = workload.restart
        if restart is Restart.NEVER or (restart is Restart.ON_FAILURE and not failed):
            cause = f" ({cause_of(how)})" if how.how == "crashed" else ""
            self._done = f"ended by itself{cause}, and its restart is {restart.value}"
            return f"it is not started again, as its restart is {restart.value}"
        self._backoff = self._backoff.after(how.lasted_s, now.monotonic_s, failed=failed)
        self._until = now.at + timedelta(seconds=self._backoff.wait_s)
        if not self._backoff.waits(now.monotonic_s):
            return ""
        return f"it is started again after {length(self._backoff.wait_s)}"

    def waits(self, name: str, now: Moment) -> Waits | None:
        """Why a workload may not start now by itself, where it may not."""
        lift = f"netmind workload start {name}"
        if self._done is not None:
            return Waits(f"{name} {self._done}", lift=lift)
        if not self._backoff.waits(now.monotonic_s):
            return None
        after = f"tried again after {length(self._backoff.wait_s)}"
        if self.last is None or not self._backoff.failures:
            return Waits(f"{name} ended by itself, and is {after}", self._until, lift)
        times = "once" if self._backoff.failures == 1 else f"{self._backoff.failures} times"
        word = {"crashed": "crashed", "not-started": "could not be started"}.get(self.last.how, "was not well")
        cause = f" ({cause_of(self.last)})" if self.last.how in _FAILED else ""
        return Waits(f"{name} {word} {times}{cause}, {after}", self._until, lift)
