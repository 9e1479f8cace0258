"""How decisions are brought about: each device by itself, further down as firmly as it takes."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass

from netmind_tui.model.contribution import RUNGS, Rung
from netmind_tui.model.decision import Decision
from netmind_tui.node.agent.workload import Workload, WorkState

_log = logging.getLogger(__name__)

GRACE_S = 20.0
FREED_WITHIN_S = 5.0
_QUICK_S = 0.2


@dataclass(frozen=True, slots=True)
class _Step:
    rung: Rung
    task: "asyncio.Task[None]"


class Ladder:
    """Takes the work of each device to the rung of its decision.

    What takes a while goes on beside everything else, and a decision further down cuts it short. What does not stop
    within its grace is killed.
    """

    def __init__(self, workload: Workload, grace_s: float = GRACE_S) -> None:
        self.workload = workload
        self._grace_s = grace_s
        self._steps: dict[str, _Step] = {}
        self._rungs: dict[str, Rung] = {}

    def works(self, device: str) -> bool:
        """Whether work is on a device: it runs, or stands still and holds memory."""
        return self.workload.state(device) is not WorkState.NONE

    async def bring(self, decisions: Iterable[Decision]) -> bool:
        """Begin what the decisions ask for, and wait a moment for what is quick; whether there was anything to do."""
        tasks = [task for each in decisions if (task := self._begin(each)) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_QUICK_S)
        return bool(tasks)

    async def end(self) -> None:
        """Stop everything: the agent ends."""
        for step in self._steps.values():
            step.task.cancel()
        await asyncio.gather(*(self._stop(device) for device in self._rungs if self.works(device)))

    def _begin(self, decision: Decision) -> "asyncio.Task[None] | None":
        device, rung = decision.device, decision.rung
        step = self._steps.get(device)
        if step is not None:
            if RUNGS.index(rung) <= RUNGS.index(step.rung):
                return None  # what goes on there is as firm; this one's turn comes when it is over
            step.task.cancel()
        act = self._act(decision)
        self._rungs[device] = rung
        return None if act is None else self._spawn(device, rung, act)

    def _act(self, decision: Decision) -> Coroutine[None, None, None] | None:
        device, rung, work = decision.device, decision.rung, self.workload
        state, before = work.state(device), self._rungs.get(device)
        if rung is Rung.RUN:
            if state is WorkState.NONE:
                return work.start(device, decision.limits) if decision.may_start else None
            return work.resume(device, decision.limits) if before is not Rung.RUN else None
        if state is WorkState.NONE:
            return None
        if rung is Rung.KILL:
            return work.kill(device)
        if rung is Rung.STOP:
            return self._stop(device)
        if rung is Rung.SUSPEND:
            return work.suspend(device) if state is WorkState.RUNNING else None
        return work.finish(device) if before is not Rung.FINISH else None

    async def _stop(self, device: str) -> None:
        """Stop with grace; what is still there after it is killed."""
        try:
            await asyncio.wait_for(self.workload.stop(device, self._grace_s), self._grace_s + FREED_WITHIN_S)
        except (TimeoutError, OSError) as error:
            _log.warning("%s did not stop (%s) and is killed", device, str(error) or "no answer")
        if self.works(device):
            await self.workload.kill(device)

    def _spawn(self, device: str, rung: Rung, act: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        async def guarded() -> None:
            try:
                await act
            except OSError as error:
                self._rungs.pop(device, None)  # asked for again at the next look
                _log.warning("%s: %s could not be brought about: %s", device, rung.value, error)
            finally:
                if (step := self._steps.get(device)) is not None and step.task is asyncio.current_task():
                    del self._steps[device]

        task = asyncio.create_task(guarded(), name=f"{rung.value} {device}")
        self._steps[device] = _Step(rung, task)
        return task
