"""An agent as a process: it looks each second, hears signals, answers on its socket, and ends as it is asked to."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Protocol

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import Sample
from netmind_tui.node.agent.agent import Agent
from netmind_tui.node.agent.looked import Looked
from netmind_tui.node.agent.lookout import Asked
from netmind_tui.node.agent.notify import Notifier
from netmind_tui.probe.sampler import as_stale

_log = logging.getLogger(__name__)

PERIOD_S = 1.0
RESTING_PERIOD_S = 2.0
"""How often it looks while nothing works, nothing may begin, and nobody watches: there is nothing to take away."""
LATE_S = 3.0
LASTS_S = 5.0
_HUNG_S = 60.0
_ENDS = {"SIGTERM": ExitCode.TERMINATED, "SIGINT": ExitCode.INTERRUPTED}


class Looks(Protocol):
    """What looks at the machine; it blocks."""

    def look(self, asked: Asked) -> Looked:
        """What there is to see now."""


@dataclass(slots=True, kw_only=True)
class Runner:
    """Runs an agent until a signal ends it.

    Args:
        agent: who decides.
        lookout: who looks, in ``thread``.
        thread: one thread, for looks alone.
        notifier: tells the service manager.
        version: told in the journal.
        listen: opens the socket once the agent knows its machine; what it gives closes it again.
        sampled: is given each sample.
        rests: whether it may look half as often now.
        described: is called when the devices were described anew, and their changes told.
        rereads: is called when the owner asked for their files to be read again.
        chores: what else goes on while the agent runs, each until it is cancelled.
        lasts: what is waited for at the very end, a few seconds each.
    """

    agent: Agent
    lookout: Looks
    thread: Executor
    notifier: Notifier
    version: str
    listen: Callable[[], Awaitable[Callable[[], Awaitable[None]]]]
    sampled: Callable[[Sample], None] = lambda _sample: None
    rests: Callable[[], bool] = lambda: False
    described: Callable[[], Awaitable[None]] | None = None
    rereads: Callable[[], None] = lambda: None
    chores: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    lasts: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    ready: Callable[[], None] = lambda: None
    _end: "asyncio.Future[str] | None" = field(default=None, init=False)
    _pending: "asyncio.Future[Looked] | None" = field(default=None, init=False)
    _asked_s: float = field(default=0.0, init=False)
    _complaint: str = field(default="", init=False)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set, init=False)

    async def run(self) -> ExitCode:
        """All of it, from the first look to the last word.

        Raises:
            Problem: the socket cannot be there.
        """
        loop = asyncio.get_running_loop()
        self._end = loop.create_future()
        self._hear(loop)
        await self.agent.begin(self.version)
        close: Callable[[], Awaitable[None]] | None = None
        why, code = "a fault of its own", ExitCode.CRASHED
        try:
            await self._round()
            close = await self.listen()
            self._tasks |= {asyncio.create_task(each()) for each in self.chores}
            self.notifier.ready(self._words())
            self.ready()
            why = await self._rounds()
            code = _ENDS[why]
        except Problem as problem:
            why, code = problem.sentence, problem.code
            raise
        finally:
            self.notifier.stopping("stops its work")
            for task in self._tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*self._tasks, return_exceptions=True)
            if close is not None:
                await close()
            await self.agent.end(why, int(code))
            for last in self.lasts:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(last(), LASTS_S)
        return code

    async def _rounds(self) -> str:
        """Look each second, or each other one, until a signal comes; its name."""
        assert self._end is not None  # noqa: S101 - made by ``run``
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + (RESTING_PERIOD_S if self.rests() else PERIOD_S), loop.time())
            done, _ = await asyncio.wait({self._end}, timeout=due - loop.time())
            if done:
                return self._end.result()
            await self._round()

    async def _round(self) -> None:
        loop = asyncio.get_running_loop()
        if self._pending is None:
            asked = Asked(
                at=self.agent.clock.moment().at,
                guards=self.agent.rules.guards,
                devices=self.agent.situation().devices,
            )
            self._pending = loop.run_in_executor(self.thread, self.lookout.look, asked)
            self._asked_s = loop.time()
        await asyncio.wait({self._pending}, timeout=LATE_S)
        looked = self._looked()
        if looked is not None:
            await self.agent.look(looked)
            self.sampled(looked.sample)
            if looked.devices is not None and self.described is not None:
                await self.described()
        if loop.time() - self._asked_s < _HUNG_S:
            self.notifier.alive()

    def _looked(self) -> Looked | None:
        """What was seen; where nothing was in time, what was seen last without its values, so that no guard sees."""
        assert self._pending is not None  # noqa: S101 - made by ``_round``
        words = f"the machine has not answered for {LATE_S:g} s"
        if self._pending.done():
            pending, self._pending = self._pending, None
            error = pending.exception()
            if error is None:
                self._complaint = ""
                return pending.result()
            words = f"the machine could not be read: {type(error).__name__}: {error}"
        if words != self._complaint:
            _log.warning("%s", words)
        self._complaint = words
        last = self.agent.looked
        return None if last is None else Looked(sample=as_stale(last.sample))

    def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        for name in _ENDS:
            number = getattr(signal, name)
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._ends, name)
        loop.add_signal_handler(signal.SIGHUP, self._rereads)

    def _ends(self, name: str) -> None:
        if self._end is None or self._end.done():
            self.agent.crew.hurry()  # said twice: there is no time for anybody's grace
        else:
            self._end.set_result(name)

    def _rereads(self) -> None:
        async def reread() -> None:
            self.notifier.reloading(self.agent.clock.moment().monotonic_s)
            self.rereads()
            await self.agent.reread()
            self.notifier.ready(self._words())

        if self._end is not None and self._end.done():
            return  # its last word is said soon, or was
        task = asyncio.ensure_future(reread())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _words(self) -> str:
        decisions = self.agent.decisions
        if decisions is None:
            return "runs"
        return ", ".join(f"{count} {state.value}" for state, count in decisions.node.counts.items()) or "no device"
