"""What the agent has to remember, on its way to the disk, and what is said where it does not get there."""

import logging

from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.agent.memory import Alive, Keeper
from netmind_tui.node.agent.news import News

_log = logging.getLogger(__name__)

_ALIVE_S = 5.0
_BEHIND_S = 1.0


class Lasting:
    """Puts the memory on the disk with the events, never in the agent's turn.

    Args:
        keeper: the memory.
        news: the events.
    """

    def __init__(self, keeper: Keeper, news: News) -> None:
        self._keeper = keeper
        self._news = news
        self._lived_s = -_ALIVE_S
        self._complaint: str | None = None

    def remember(self, **changes: object) -> None:
        """Hold other members of the memory from now on; they are on the disk soon."""
        self._keeper.change(**changes)
        if not self._keeper.is_saved:
            self._news.do("state", self._keeper.save)

    def keep_words(self, overrides: object, now: Moment) -> None:
        """Hold the owner's words, with the clocks by which they hold."""
        memory = self._keeper.memory
        is_of_this_boot = memory.clocks is not None and memory.clocks.boot == now.boot
        if overrides != memory.overrides or (overrides and not is_of_this_boot):
            self._keeper.change(clocks=Alive(at=now.at, boot=now.boot, uptime_s=now.uptime_s))
        self._keeper.change(overrides=overrides)

    def live(self, now: Moment, *, anew: bool = False) -> None:
        """Note now and then that an agent runs, or at once."""
        if anew or now.monotonic_s - self._lived_s >= _ALIVE_S:
            self._lived_s = now.monotonic_s
            self._news.do("alive", lambda: self._keeper.live(now), before=False)

    def stop(self, now: Moment) -> None:
        """Note that it stopped as it was asked to."""
        self._news.do("alive", lambda: self._keeper.live(now, stopped=True), before=False)

    async def write(self, within_s: float) -> None:
        """Give what happened and what is to be remembered so long to reach the disk."""
        await self._news.write(within_s)
        if self._keeper.unsaved != self._complaint:
            self._complaint = self._keeper.unsaved
            if self._complaint is not None:
                _log.warning("what the owner said cannot be remembered: %s", self._complaint)

    def warnings(self) -> tuple[str, ...]:
        """What does not last, in sentences."""
        found = []
        if not self._keeper.is_saved and self._keeper.unsaved is not None:
            words = f"not remembered: {self._keeper.unsaved}"
            found.append(f"{words}; what was said holds now, and would be lost if the agent ended")
        elif self._news.behind_s >= _BEHIND_S:
            words = f"not remembered yet: the disk has not answered for {self._news.behind_s:.0f} s"
            found.append(f"{words}; what was said holds now")
        return tuple(found if self._news.degraded is None else (*found, self._news.degraded))
