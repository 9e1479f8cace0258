"""What the owner said of workloads: which stay stopped, and which run although their definition has them off."""

from collections.abc import Collection

from netmind_tui.node.agent.memory import Keeper
from netmind_tui.node.agent.news import News


class OwnersWord:
    """Holds it in the agent's memory, where it outlives the agent.

    Args:
        keeper: the memory.
        news: has it put on the disk.
    """

    def __init__(self, keeper: Keeper, news: News) -> None:
        self._keeper = keeper
        self._news = news

    def is_held(self, name: str) -> bool:
        """Whether a workload is to stay stopped."""
        return name in self._keeper.memory.held

    def is_started(self, name: str) -> bool:
        """Whether a workload that is not on is to run nevertheless."""
        return name in self._keeper.memory.started

    def hold(self, name: str) -> bool:
        """Have it stay stopped; whether that is new."""
        held, started = self._keeper.memory.held, self._keeper.memory.started
        return self._say((*held, name) if name not in held else held, tuple(each for each in started if each != name))

    def release(self, name: str, *, is_on: bool) -> bool:
        """Let it run; whether that is new."""
        held, started = self._keeper.memory.held, self._keeper.memory.started
        started = started if is_on or name in started else (*started, name)
        return self._say(tuple(each for each in held if each != name), started)

    def keep_to(self, names: Collection[str]) -> None:
        """Nothing is to be remembered of a start that was asked for once a workload is gone; a stop stays."""
        memory = self._keeper.memory
        self._say(memory.held, tuple(each for each in memory.started if each in names))

    def _say(self, held: tuple[str, ...], started: tuple[str, ...]) -> bool:
        memory = self._keeper.memory
        if (held, started) == (memory.held, memory.started):
            return False
        self._keeper.change(held=held, started=started)
        self._news.do("state", self._keeper.save)
        return True
