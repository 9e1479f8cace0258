import asyncio

import pytest

from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decision import Decision, Reason
from netmind_tui.model.policy import Limits
from netmind_tui.node.agent.ladder import Ladder
from netmind_tui.node.agent.workload import Recorded, WorkState


def decision(rung, *, device="gpu:0", may_start=True):
    reason = Reason(code="code", sentence="because", rung=rung)
    return Decision(
        device=device, state=Contribution.IDLE, rung=rung, may_start=may_start, reasons=(reason,), limits=Limits()
    )


class Stubborn:
    """Work that ends only when it is killed, and takes its time."""

    name = "stubborn"
    longest_s = None

    def __init__(self):
        self.states = {}
        self.calls = []
        self.gate = asyncio.Event()

    def state(self, device):
        return self.states.get(device, WorkState.NONE)

    async def start(self, device, _limits):
        self.calls.append("start")
        self.states[device] = WorkState.RUNNING

    async def finish(self, _device):
        self.calls.append("finish")
        await self.gate.wait()

    async def suspend(self, _device):
        self.calls.append("suspend")
        raise OSError("no freezer")

    async def resume(self, _device, _limits):
        self.calls.append("resume")

    async def stop(self, _device, grace_s):
        self.calls.append(f"stop {grace_s:g}")
        await asyncio.sleep(0)

    async def kill(self, device):
        self.calls.append("kill")
        self.states[device] = WorkState.NONE


def climb(*rungs, work=None):
    """Bring about one decision after the other; what the workload was asked to do."""

    async def bring():
        workload = work or Stubborn()
        ladder = Ladder(workload)
        for rung in rungs:
            await ladder.bring([decision(rung)])
        return workload

    return asyncio.run(bring())


def test_work_starts_once_and_runs_on():
    assert climb(Rung.RUN, Rung.RUN).calls == ["start"]


def test_what_does_not_stop_is_killed():
    found = climb(Rung.RUN, Rung.STOP, Rung.STOP)
    assert found.calls == ["start", "stop 20", "kill"]


def test_a_firmer_decision_cuts_a_gentler_one_short():
    assert climb(Rung.RUN, Rung.FINISH, Rung.FINISH, Rung.KILL, Rung.KILL).calls == ["start", "finish", "kill"]


def test_what_fails_is_tried_again_at_the_next_look():
    assert climb(Rung.RUN, Rung.SUSPEND, Rung.SUSPEND).calls == ["start", "suspend", "suspend"]


def test_nothing_starts_that_may_not():
    async def bring():
        work = Stubborn()
        await Ladder(work).bring([decision(Rung.RUN, may_start=False)])
        return work.calls

    assert asyncio.run(bring()) == []


@pytest.mark.parametrize("rung", [Rung.STOP, Rung.KILL, Rung.SUSPEND, Rung.FINISH])
def test_where_nothing_runs_there_is_nothing_to_do(rung):
    assert climb(rung).calls == []


def test_the_recorded_workload_says_each_step_and_takes_none():
    told = []
    work = Recorded(lambda kind, device, words, _data: told.append((kind.value, device, words)))
    climb(Rung.RUN, Rung.SUSPEND, Rung.RUN, Rung.STOP, work=work)
    assert [kind for kind, _, _ in told] == ["work-started", "work-suspended", "work-resumed", "work-ended"]
    assert told[0][2] == "gpu:0 would begin its work (none is configured)"


def test_an_agent_that_ends_stops_its_work_first():
    async def end():
        work = Stubborn()
        ladder = Ladder(work)
        await ladder.bring([decision(Rung.RUN), decision(Rung.RUN, device="gpu:1")])
        await ladder.end()
        return work

    found = asyncio.run(end())
    assert set(found.states.values()) == {WorkState.NONE}
