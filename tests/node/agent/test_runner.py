import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from netmind_tui.node.agent import runner
from netmind_tui.node.agent.notify import Notifier

GUARDED = """
[[window]]
days = ["daily"]
from = "00:00"
to = "24:00"

[guard.temperature]
max_c = 80
on_unknown = "pause"
devices = ["gpu"]
"""


class Held:
    """A lookout that can be held up, or fail."""

    def __init__(self, lookout):
        self.lookout, self.gate, self.error = lookout, threading.Event(), None
        self.gate.set()

    def look(self, asked):
        self.gate.wait(20)
        if self.error is not None:
            raise self.error
        return self.lookout.look(asked)


async def until(life, state):
    """Wait for a device's state."""
    async with asyncio.timeout(20):
        while life.state("gpu:0")[0] != state:  # noqa: ASYNC110 - what is waited for is decided in the runner
            await asyncio.sleep(0.01)


def run_with(live, monkeypatch, change):
    """Run an agent whose looks are changed while it runs: it must give way, and come back."""
    monkeypatch.setattr(runner, "PERIOD_S", 0.01)
    monkeypatch.setattr(runner, "LATE_S", 0.05)

    async def story(life):
        lookout = Held(life.run.lookout)
        clock = life.world.clock
        look = lookout.lookout.look
        lookout.lookout.look = lambda asked: (clock.pass_by(1.0), look(asked))[1]

        async def listen():
            async def close():
                await asyncio.sleep(0)

            return close

        with ThreadPoolExecutor(1) as thread:
            whole = runner.Runner(
                agent=life.agent, lookout=lookout, thread=thread, notifier=Notifier({}), version="test", listen=listen
            )
            running = asyncio.create_task(whole.run())
            await until(life, "contributing")
            change(lookout, True)
            await until(life, "gave-way")
            assert life.state("cpu")[0] == "contributing"
            change(lookout, False)
            await until(life, "contributing")
            whole._ends("SIGTERM")
            assert await running == 143
        assert life.kinds()[-1] == "agent-stopped"

    live(story, terms=GUARDED)


def test_while_the_machine_does_not_answer_no_guard_sees(live, monkeypatch):
    def change(lookout, on):
        (lookout.gate.clear if on else lookout.gate.set)()

    run_with(live, monkeypatch, change)


def test_a_look_that_fails_is_one_without_guards(live, monkeypatch, caplog):
    def change(lookout, on):
        lookout.error = ValueError("torn") if on else None

    run_with(live, monkeypatch, change)
    assert caplog.messages.count("the machine could not be read: ValueError: torn") == 1


def test_a_fault_of_its_own_ends_an_agent_with_its_work_stopped(live):
    async def story(life):
        async def listen():
            raise ZeroDivisionError

        with ThreadPoolExecutor(1) as thread:
            whole = runner.Runner(
                agent=life.agent,
                lookout=life.run.lookout,
                thread=thread,
                notifier=Notifier({}),
                version="test",
                listen=listen,
            )
            with pytest.raises(ZeroDivisionError):
                await whole.run()
        assert not life.agent.crew.works("cpu")
        assert life.told("agent-stopped")[0].data["why"] == "a fault of its own"

    live(story)


def test_told_to_read_again_while_it_ends_it_says_nothing_after_its_last_word(live):
    async def story(life):
        async def listen():
            whole._ends("SIGTERM")

            async def close():
                await asyncio.sleep(0)

            return close

        async def late():
            whole._rereads()
            await asyncio.gather(*whole._tasks)

        with ThreadPoolExecutor(1) as thread:
            whole = runner.Runner(
                agent=life.agent,
                lookout=life.run.lookout,
                thread=thread,
                notifier=Notifier({}),
                version="test",
                listen=listen,
                lasts=[late],
            )
            assert await whole.run() == 143
        assert life.events[-1].kind.value == "agent-stopped"

    live(story)


@pytest.mark.parametrize(("rests", "short"), [(True, "RESTING_PERIOD_S"), (False, "PERIOD_S")])
def test_it_looks_at_the_pace_of_what_there_is_to_take_away(live, monkeypatch, rests, short):
    for name in ("PERIOD_S", "RESTING_PERIOD_S"):
        monkeypatch.setattr(runner, name, 0.01 if name == short else 1000.0)

    async def story(life):
        looks, enough = [], asyncio.Event()

        async def listen():
            async def close():
                await asyncio.sleep(0)

            return close

        def sampled(sample):
            looks.append(sample)
            if len(looks) == 5:
                enough.set()

        with ThreadPoolExecutor(1) as thread:
            whole = runner.Runner(
                agent=life.agent,
                lookout=life.run.lookout,
                thread=thread,
                notifier=Notifier({}),
                version="test",
                listen=listen,
                sampled=sampled,
                rests=lambda: rests,
            )
            running = asyncio.create_task(whole.run())
            async with asyncio.timeout(20):
                await enough.wait()
            whole._ends("SIGTERM")
            await running

    live(story)


@pytest.mark.parametrize(
    ("terms", "rests"), [(GUARDED, False), (GUARDED.partition("[guard")[0].replace("24:00", "00:01"), True)]
)
def test_an_agent_rests_while_nothing_may_work(live, terms, rests):
    async def story(life):
        await life.looks(3)
        assert life.agent.is_resting is rests

    live(story, terms=terms)


def test_an_agent_without_workloads_rests_in_its_windows_too(live, script):
    async def story(life):
        assert life.state("gpu:0") == ("idle", "no-work")
        assert life.agent.is_resting

    live(story, work=script("agent_world").Work(read=lambda _path: ()))
