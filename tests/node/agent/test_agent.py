import asyncio
import errno
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from netmind_tui.certify import private_file
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.policy import Policy
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent import agent as agent_module
from netmind_tui.node.agent import lasting

GUARDED = """
[[window]]
days = ["daily"]
from = "00:00"
to = "24:00"

[guard.temperature]
max_c = 80
margin_c = 6
for = "10s"
devices = ["gpu"]
"""

NEVER = GUARDED.replace("00:00", "01:00").replace("24:00", "02:00")


def test_what_is_allowed_is_started_and_said(live):
    async def story(life):
        assert life.state("gpu:0") == ("contributing", "inside-window")
        assert life.kinds(of="gpu:0") == ["decision-changed", "work-started"]

    live(story)


def test_the_owner_is_obeyed_before_the_next_look(live):
    async def story(life):
        await life.run.say(OverrideKind.PAUSE, "gpu:1", for_s=3600.0)
        assert life.state("gpu:1") == ("paused", "paused")
        assert life.kinds(of="gpu:1")[-3:] == ["override-set", "decision-changed", "work-suspended"]
        assert life.state("gpu:0") == ("contributing", "inside-window")

    live(story)


def test_what_was_said_is_on_the_disk_before_it_is_answered(live):
    async def story(life):
        await life.run.say(OverrideKind.STOP)
        assert life.agent.keeper.memory.overrides == life.agent.overrides
        assert life.run.journal.events() == tuple(life.events)

    live(story)


def test_a_word_runs_out_when_it_said(live):
    async def story(life):
        await life.run.say(OverrideKind.PAUSE, for_s=10.0)
        await life.looks(9)
        assert life.state("cpu") == ("paused", "paused")
        await life.looks(1)
        assert life.state("cpu") == ("contributing", "inside-window")
        assert life.told("override-ended")[0].sentence == "everything: pause is over, as anna said"

    live(story)


def test_a_pause_of_an_hour_is_an_hour_whatever_the_wall_clock_is_set_to(live):
    async def story(life):
        await life.run.say(OverrideKind.PAUSE, for_s=3600.0)
        life.world.clock.set_forward(7200.0)
        await life.looks(1)
        assert life.state("cpu") == ("paused", "paused")
        assert life.told("clock-jumped")[0].data["jump_s"] == 7200.0
        await life.looks(1, step_s=20.0)
        life.world.clock.set_forward(-7200.0)
        await life.looks(180, step_s=20.0)
        assert life.state("cpu") == ("contributing", "inside-window")

    live(story)


def test_a_guard_is_obeyed_at_the_sample_that_shows_it_and_each_device_by_itself(live):
    async def story(life):
        await life.looks(3)
        life.world.cards[1].temperature_c = 91
        life.events.clear()
        await life.looks(12)
        assert life.state("gpu:1") == ("gave-way", "temperature")
        assert life.state("gpu:0") == ("contributing", "inside-window")
        assert life.kinds(of="gpu:0") == []

    live(story, terms=GUARDED)


def test_a_machine_that_slept_and_one_that_travelled_are_told(live):
    async def story(life):
        life.world.clock.sleep(600.0)
        life.world.clock.travel("Europe/Lisbon")
        await life.looks(1)
        assert life.told("machine-suspended")[0].sentence == "the machine slept for 10 min"
        assert life.told("zone-changed")[0].data == {"zone": "Europe/Lisbon", "previous": "UTC"}
        assert life.told("agent-gap") == []

    live(story)


def test_an_hour_stays_an_hour_when_the_clock_is_set_while_no_agent_runs(live):
    async def first(life):
        await life.run.say(OverrideKind.PAUSE, for_s=3600.0)

    async def second(life):
        assert life.told("clock-jumped")[0].data["jump_s"] == 7200.0
        assert life.state("cpu") == ("paused", "paused")
        await life.looks(1, step_s=1700.0)
        await life.looks(1, step_s=1700.0)
        assert life.state("cpu") == ("paused", "paused")
        await life.looks(1, step_s=200.0)
        assert life.state("cpu") == ("contributing", "inside-window")

    here = live(first)
    here.clock.set_forward(7200.0)
    live(second, here=here)


def test_a_clock_that_is_set_back_before_a_restart_lengthens_nothing(live):
    async def first(life):
        await life.run.say(OverrideKind.PAUSE, for_s=3600.0)

    async def second(life):
        assert life.agent.overrides[0].until == life.world.clock.moment().at + timedelta(hours=1)

    here = live(first)
    here.clock.set_forward(-86400.0)
    here.clock._now = replace(here.clock._now, boot="another")
    live(second, here=here)


def test_the_owner_is_obeyed_and_answered_while_the_disk_stands_still(live, monkeypatch):
    monkeypatch.setattr(agent_module, "WORD_S", 0.05)
    gate = threading.Event()

    async def story(life):
        loop, news = asyncio.get_running_loop(), life.agent.news
        with ThreadPoolExecutor(1) as thread:
            news._off_loop = lambda call: loop.run_in_executor(thread, lambda: (gate.wait(20), call())[1])
            try:
                await life.run.say(OverrideKind.PAUSE)
                assert life.state("gpu:0") == ("paused", "paused")
                await life.run.say(OverrideKind.STOP, "gpu:0")
                assert life.state("gpu:0") == ("paused", "stopped")
                monkeypatch.setattr(lasting, "_BEHIND_S", 1e-9)
                assert "not remembered yet: the disk has not answered" in life.agent.warnings()[0]
            finally:
                gate.set()
            assert await news.write()
        assert life.agent.keeper.is_saved
        assert life.agent.warnings() == ()
        assert life.run.journal.events() == tuple(life.events)

    live(story)


def test_a_word_that_cannot_be_remembered_says_so_and_is_remembered_later(live, monkeypatch):
    async def story(life):
        with monkeypatch.context() as full:

            def no_room(path, data):
                raise OSError(errno.ENOSPC, "No space left on device")

            full.setattr(private_file, "put", no_room)
            await life.run.say(OverrideKind.PAUSE)
            assert life.state("cpu") == ("paused", "paused")
            assert "not remembered: the disk is full" in life.agent.warnings()[0]
        await life.looks(1)
        assert life.agent.warnings() == ()

    live(story)


def test_a_stop_comes_before_a_measurement_and_says_who_still_measures(live):
    async def story(life):
        async with life.agent.lease(("gpu:1",), "anna, bench"):
            await life.run.say(OverrideKind.STOP)
            assert life.state("gpu:1") == ("paused", "stopped")
            assert life.agent.warnings() == (
                "gpu:1 is stopped and still measured (anna, bench): end that process by hand",
            )
            await life.run.say(OverrideKind.RESUME)
            assert life.state("gpu:1") == ("measuring", "measuring")
        assert life.agent.warnings() == ()

    live(story)


def test_a_measurement_does_not_begin_on_what_is_stopped(live):
    async def story(life):
        await life.run.say(OverrideKind.STOP, "gpu:1")
        lease = life.agent.lease(("gpu:1",), "anna")
        waiting = asyncio.create_task(lease.__aenter__())
        await life.looks(3)
        assert not waiting.done()
        assert life.state("gpu:1") == ("paused", "stopped")
        await life.run.say(OverrideKind.RESUME)
        assert await waiting == ("gpu:1",)
        await lease.__aexit__(None, None, None)

    live(story)


def test_a_measurement_that_never_ends_is_ended(live):
    async def story(life):
        async with life.agent.lease(("gpu:1",), "anna") as devices:
            over = asyncio.create_task(life.agent.leases.ends(devices))
            await asyncio.sleep(0)
            await life.looks(1, step_s=4 * 3600.0 + 1)
            assert "as long as one may" in await over
            assert life.state("gpu:1") == ("contributing", "inside-window")
        assert len(life.told("measuring-ended")) == 1

    live(story)


def test_a_shorter_pause_over_an_endless_one_ends_when_that_ends(live):
    async def story(life):
        await life.run.say(OverrideKind.PAUSE)
        await life.run.say(OverrideKind.PAUSE, for_s=600.0)
        assert life.told("override-set")[-1].sentence.endswith(
            "until 12:10, and then as said before until it is resumed, says anna (cli)"
        )
        assert [each.until for each in life.agent.decisions.devices] == [None] * 3
        assert life.agent.decisions.devices[0].reason.when == "until you resume"

    live(story)


def test_what_could_be_named_before_the_first_look_is_what_is_remembered(live):
    async def first(life):
        await life.looks(1)

    async def second(life):
        life.agent.roster.present.clear()
        await life.run.say(OverrideKind.PAUSE, "gpu:1")
        await life.looks(1, step_s=61.0)
        assert life.state("gpu:1") == ("paused", "paused")

    live(second, here=live(first))


def test_a_lost_device_is_told_once_over_restarts_and_its_return_too(live):
    async def losing(life):
        life.world.cards[1].lost = "has fallen off the bus"
        await life.looks(61)
        assert len(life.told("device-lost")) == 1

    async def still(life):
        await life.looks(1)
        assert life.told("device-lost") == []
        assert life.state("gpu:1")[0] == "lost"

    async def back(life):
        await life.looks(1)
        assert len(life.told("device-back")) == 1

    here = live(losing)
    live(still, here=here)
    here.cards[1].lost = None
    live(back, here=here)


def test_a_driver_that_waits_for_a_reboot_is_told_once_over_restarts(live):
    async def updated(life):
        life.world.mismatch = "the library is newer than the driver"
        await life.looks(61)
        assert len(life.told("driver-mismatch")) == 1

    async def still(life):
        assert life.told("driver-mismatch") == []
        assert life.state("gpu:0")[0] == "blocked"

    live(still, here=live(updated))


def test_what_was_decided_is_not_decided_again_while_nothing_changes(live):
    async def story(life):
        asked = []
        decide = life.agent.deciding.decide
        life.agent.deciding.decide = lambda *given: asked.append(given) or decide(*given)
        await life.looks(20)
        assert len(asked) <= 5
        assert life.agent.decisions.at == life.world.clock.moment().at
        asked.clear()
        await life.run.say(OverrideKind.PAUSE)
        assert asked

    live(story)


def test_an_agent_that_was_kept_from_running_says_so(live):
    async def story(life):
        await life.looks(1, step_s=120.0)
        assert life.told("agent-gap")[0].data["cause"] == "held-up"

    live(story)


def test_the_next_agent_keeps_to_what_the_owner_told_the_last_one(live):
    async def first(life):
        await life.run.say(OverrideKind.PAUSE, "gpu:0")

    async def second(life):
        assert life.state("gpu:0") == ("paused", "paused")
        assert life.kinds()[:2] == ["agent-gap", "agent-started"]
        gap = life.told("agent-gap")[0]
        assert (gap.data["cause"], gap.data["lasted_s"]) == ("killed", 3600.0)

    here = live(first)
    here.clock.pass_by(3600.0)
    live(second, here=here)


def test_an_agent_that_was_stopped_is_told_from_one_that_was_killed(live):
    async def first(life):
        await life.agent.end("SIGTERM", 143)
        assert life.kinds()[-1] == "agent-stopped"

    async def second(life):
        assert life.told("agent-gap")[0].data["cause"] == "stopped"

    here = live(first)
    here.clock.pass_by(60.0)
    live(second, here=here)


def test_a_damaged_memory_pauses_everything_until_the_owner_speaks(live, tmp_path):
    (tmp_path / "agent/state.json").write_text("{")

    async def story(life):
        assert life.state("cpu") == ("paused", "paused")
        assert "could not be read" in life.told("override-set")[0].sentence
        await life.run.say(OverrideKind.RESUME)
        assert life.state("cpu") == ("contributing", "inside-window")

    live(story)


def test_a_bad_policy_leaves_the_last_good_one_in_force(live):
    async def story(life):
        live.policy.write_text('zone = "Mars/Olympus"')
        await life.looks(3)
        assert life.state("cpu") == ("contributing", "inside-window")
        assert len(life.told("policy-refused")) == 1
        assert "Mars/Olympus" in life.agent.terms.status().refused
        live.policy.write_text(NEVER)
        await life.looks(1)
        assert life.state("cpu")[0] == "idle"
        assert life.agent.terms.status().refused is None

    live(story)


def test_a_policy_with_a_name_that_means_two_devices_blocks_everything(live):
    async def story(life):
        live.policy.write_text(GUARDED.replace('"gpu"', '"GPU-0000000"'))
        await life.looks(1)
        assert life.state("gpu:0")[0] == "blocked"
        assert "cannot be told" in life.agent.situation().blocked

    live(story)


def test_devices_are_drained_for_a_measurement_and_given_back(live):
    async def story(life):
        async with life.agent.lease(("gpu:1",), "anna, bench") as devices:
            assert devices == ("gpu:1",)
            assert life.state("gpu:1") == ("measuring", "measuring")
            assert life.state("gpu:0") == ("contributing", "inside-window")
        assert life.state("gpu:1") == ("contributing", "inside-window")
        assert [event.kind.value for event in life.events if "measur" in event.kind.value] == [
            "measuring-started",
            "measuring-ended",
        ]

    live(story)


def test_of_two_measurements_the_second_waits_for_the_first(live):
    async def story(life):
        order, first = [], asyncio.Event()

        async def measure(name, gate):
            async with life.agent.lease((), name):
                order.append(f"{name} holds")
                first.set()
                await gate.wait()
            order.append(f"{name} is done")

        gates = asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(measure(name, gate)) for name, gate in zip("ab", gates, strict=True)]
        await first.wait()
        gates[1].set()
        gates[0].set()
        await asyncio.gather(*tasks)
        assert order == ["a holds", "a is done", "b holds", "b is done"]

    live(story)


def test_a_measurement_that_is_given_up_while_it_waits_leaves_nothing_behind(live):
    async def story(life):
        async with life.agent.lease((), "a"):
            waiting = asyncio.create_task(life.agent.lease((), "b").__aenter__())
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert life.state("cpu") == ("contributing", "inside-window")

    live(story)


def test_contribute_before_a_stop_is_refused_with_what_ends_it(live):
    async def story(life):
        await life.run.say(OverrideKind.STOP)
        with pytest.raises(Problem, match="netmind resume"):
            await life.run.say(OverrideKind.CONTRIBUTE)
        assert life.state("cpu") == ("paused", "stopped")

    live(story)


def test_an_agent_without_a_policy_starts_nothing(live):
    async def story(life):
        assert life.agent.rules.windows == Policy().windows
        assert life.state("cpu") == ("idle", "outside-windows")

    live(story, terms=None)


def test_a_day_of_events_leaves_no_trace_in_memory(live):
    async def hours(life, count):
        for _ in range(count):
            for _ in range(4):
                await life.run.say(OverrideKind.PAUSE, for_s=900.0)
                await life.looks(1, step_s=600.0)
                await life.run.say(OverrideKind.RESUME)
                await life.looks(1, step_s=300.0)
            life.events.clear()

    async def story(life):
        await hours(life, 2)
        gc.collect()
        before = len(gc.get_objects())
        await hours(life, 24)
        gc.collect()
        assert len(gc.get_objects()) - before < 200

    live(story, cards=1)
