import asyncio
import os
from dataclasses import replace
from functools import partial

import pytest

from netmind_tui.model.device import DeviceUser
from netmind_tui.model.metering import Activity, Sum
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.model.workload import Instances, Restart, Workload, WorkState
from netmind_tui.node.agent.clock import stamp
from netmind_tui.node.agent.looked import Speaker
from netmind_tui.node.work.file import read_workloads
from netmind_tui.node.work.instance import Ended

ANNA = Speaker(name="anna", via="cli")
ALWAYS = '[[window]]\ndays = ["daily"]\nfrom = "00:00"\nto = "24:00"\n'
TO_ONE = ALWAYS.replace("24:00", "13:00")
SOMEBODY = ALWAYS + '[guard.user-active]\nidle = "3m"\non_unknown = "run"\ndevices = ["gpu"]\n'
BOINC = Workload(name="boinc", devices=("gpu",), grace_s=20.0)


class Fake:
    """Work that does as it is told, unless the test says otherwise; ``calls`` is what it was asked to."""

    limited_by = "a fake"
    cpu_s = 1.5

    def __init__(self, yard, workload):
        self.yard, self.workload = yard, workload
        self.calls, self.pids, self.has_ended, self.place = [], frozenset({4711}), None, None
        self.over = asyncio.Event()

    async def start(self, place):
        self.place = place
        self.yard.started.append(self)
        await self._do("start")

    async def ended(self):
        await self.over.wait()
        return self.has_ended

    async def limit(self, limits):
        await self._do(f"limit {limits.power_cap_w:g}")

    async def finish(self):
        await self._do("finish")

    async def suspend(self):
        await self._do("suspend")

    async def resume(self):
        await self._do("resume")

    async def stop(self, grace_s):
        await self._do(f"stop {grace_s:g}")
        self.end("stopped")

    async def kill(self):
        await self._do("kill")
        self.end("killed")

    def end(self, how, **more):
        self.has_ended = self.has_ended or Ended(how=how, **({"lasted_s": 1.0} | more))
        self.over.set()

    async def _do(self, act):
        self.calls.append(act)
        if (why := self.yard.fails.get(act.partition(" ")[0])) is not None:
            raise OSError(why)
        if (gate := self.yard.gates.get(act)) is not None:
            await gate.wait()


class Meter:
    """What a meter was told."""

    degraded, is_due = None, False

    def __init__(self):
        self.told = []

    def turned(self, device, activity, *, workload=None, now, cpu_s=None, **_more):
        self.told.append((device, activity, workload, now, cpu_s))

    def take_up(self, lefts, now):
        pass

    def look(self, now, sample, cpu_of):
        pass

    def today(self, *_args, **_more):
        return Sum(duration_ms=1500)

    def end(self, now):
        self.told.append(("end", None, None, now, None))

    def save(self):
        pass


class Memory:
    """Cards whose memory is free when the test says so."""

    def __init__(self):
        self.gate, self.asked = asyncio.Event(), []

    def begins(self, devices, used):
        pass

    async def freed(self, device, pids):
        self.asked.append((device.device, pids))
        await self.gate.wait()
        return True


class Yard:
    """Workloads and what becomes of them."""

    def __init__(self, world, *workloads):
        self.workloads, self.started, self.fails, self.gates = workloads, [], {}, {}
        self.meter, self.health = Meter(), None
        self.work = world.Work(read=lambda _path: self.workloads, make=partial(Fake, self), meter=self.meter)

    def now(self, device="gpu:0"):
        """The one that was started last on a device."""
        return next(each for each in reversed(self.started) if any(d.device == device for d in each.place.devices))


@pytest.fixture
def crew(live, script):
    """Live through a story with a yard of workloads: ``crew(story, BOINC)``."""

    def start(story, *workloads, **more):
        yard = more.pop("yard", None) or Yard(script("agent_world"), *workloads)
        here = live(lambda life: story(life, yard), work=yard.work, **more)
        start.yard = yard
        return here

    start.policy = live.policy
    return start


async def settle(life):
    """Let what goes on beside the looks come to rest."""
    for _ in range(100):
        await asyncio.sleep(0)
    waking = life.agent._waking
    if waking is not None:
        await asyncio.wait({waking})


def instance(life, key):
    """The status of one."""
    return next(each for w in life.agent.crew.status().workloads for each in w.instances if each.key == key)


def reason(life, device="gpu:0"):
    return next(each for each in life.agent.decisions.devices if each.device == device).reason


def test_each_allowed_device_has_an_instance_of_its_own(crew):
    async def story(life, yard):
        assert [(each.place.key, [d.uuid for d in each.place.devices]) for each in yard.started] == [
            ("boinc@gpu:0", ["GPU-00000000-0000-0000-0000-000000000000"]),
            ("boinc@gpu:1", ["GPU-00000001-0000-0000-0000-000000000000"]),
        ]
        assert len({each.place.number for each in yard.started}) == 2
        assert life.state("cpu") == ("idle", "no-work")
        assert instance(life, "boinc@gpu:1").state is WorkState.RUNNING

    crew(story, BOINC)


@pytest.mark.parametrize(("cards", "keys"), [(2, ["any@gpu:0", "any@gpu:1"]), (0, ["any@cpu"])])
def test_without_names_it_is_every_gpu_and_the_cpu_of_a_machine_that_has_none(crew, cards, keys):
    async def story(_life, yard):
        assert [each.place.key for each in yard.started] == keys

    crew(story, Workload(name="any"), cards=cards)


def test_one_for_all_does_what_the_strictest_of_its_devices_asks(crew):
    one = replace(BOINC, instances=Instances.ONE)

    async def story(life, yard):
        (work,) = yard.started
        assert (work.place.key, len(work.place.devices)) == ("boinc", 2)
        await life.run.say(OverrideKind.PAUSE, "gpu:1")
        assert work.calls == ["start", "suspend"]
        assert life.kinds(of="gpu:0")[-1] == "work-suspended"
        await life.run.say(OverrideKind.RESUME)
        assert work.calls[-1] == "resume"

    crew(story, one)


def test_one_for_all_waits_for_the_last_of_its_devices_and_says_for_which(crew):
    async def story(life, yard):
        await life.run.say(OverrideKind.PAUSE, "gpu:1")
        yard.workloads = (replace(BOINC, instances=Instances.ONE),)
        (life.run.agent.crew.definitions).look(anew=True)
        await life.looks(2)
        assert yard.started == []
        assert reason(life).sentence == "allowed, and no work runs: boinc waits for gpu:1"

    crew(story)


def test_one_for_all_is_ended_and_started_anew_without_a_device_that_is_lost(crew):
    async def story(life, yard):
        life.world.cards[1].lost = "has fallen off the bus"
        await life.looks(61)
        await settle(life)
        await life.looks(5)
        assert yard.started[0].calls == ["start", "stop 20"]
        assert [d.device for d in yard.now().place.devices] == ["gpu:0"]
        assert len(yard.started) == 2
        life.world.cards[1].lost = None
        await life.looks(65)
        assert len(yard.started) == 2
        assert "takes it when it starts again" in reason(life, "gpu:1").sentence

    crew(story, replace(BOINC, instances=Instances.ONE))


def test_the_child_of_a_lost_device_is_killed_and_not_started_until_it_answers(crew):
    async def story(life, yard):
        before = len(yard.started)
        life.world.cards[1].lost = "has fallen off the bus"
        await life.looks(120)
        assert yard.now("gpu:1").calls == ["start", "kill"]
        assert len(yard.started) == before
        assert yard.now("gpu:0").calls == ["start"]
        mine = [each[1] for each in yard.meter.told if each[0] == "gpu:0"]
        assert mine == [Activity.READY, Activity.WORK]
        life.world.cards[1].lost = None
        await life.looks(61)
        assert len(yard.started) == before + 1

    crew(story, BOINC)


def test_on_a_device_the_first_that_may_start_works(crew):
    async def story(life, yard):
        assert {each.workload.name for each in yard.started} == {"boinc"}
        assert life.agent.crew.on("cpu") is None
        await life.agent.say_of_work("boinc", ANNA, may_run=False)
        await settle(life)
        assert yard.now().workload.name == "llm"
        await life.agent.say_of_work("boinc", ANNA, may_run=True)
        await settle(life)
        assert yard.now().workload.name == "boinc"
        assert [each.calls for each in yard.started if each.workload.name == "llm"] == [["start", "stop 7"]] * 2

    crew(story, BOINC, Workload(name="llm", grace_s=7.0))


def test_what_is_defined_later_takes_no_device_from_what_is_defined_before_it(crew):
    async def story(life, yard):
        await life.agent.say_of_work("llm", ANNA, may_run=True)
        await life.looks(2)
        assert [each.calls for each in yard.started] == [["start"], ["start"]]

    crew(story, BOINC, Workload(name="llm"))


def test_what_the_owner_stopped_stays_so_over_a_restart_and_says_how_to_start_it(crew):
    async def first(life, yard):
        await life.agent.say_of_work("boinc", ANNA, may_run=False)
        assert yard.now().calls == ["start", "stop 3.5"]
        assert [each.sentence for each in life.told("work-held")] == ["boinc stays stopped, says anna (cli)"]

    async def second(life, yard):
        await life.looks(3)
        assert yard.started == []
        assert reason(life).sentence == "allowed, and no work runs: boinc is stopped by you"
        assert reason(life).lift == "netmind workload start boinc"
        assert life.agent.crew.status().workloads[0].is_held
        await life.agent.say_of_work("boinc", ANNA, may_run=True)
        assert len(yard.started) == 2
        assert len(life.told("work-released")) == 1

    here = crew(first, BOINC)
    crew(second, BOINC, here=here)


def test_what_is_not_on_runs_only_once_its_owner_starts_it_and_then_after_a_restart_too(crew):
    off = replace(BOINC, is_on=False)

    async def first(life, yard):
        assert yard.started == []
        assert reason(life).sentence.endswith("boinc is not on")
        await life.agent.say_of_work("boinc", ANNA, may_run=True)
        assert len(yard.started) == 2

    async def second(life, yard):
        assert len(yard.started) == 2
        await life.agent.say_of_work("boinc", ANNA, may_run=False)
        await life.looks(2)
        assert life.agent.crew.on("gpu:0") is None

    here = crew(first, off)
    crew(second, off, here=here)


def test_a_workload_that_nobody_defined_cannot_be_started_or_stopped(crew):
    async def story(life, yard):
        with pytest.raises(Problem, match="bionc: there is no such workload; did you mean boinc"):
            await life.agent.say_of_work("bionc", ANNA, may_run=True)

    crew(story, BOINC)


def test_what_crashes_is_tried_again_later_each_time_with_its_last_lines(crew):
    async def crashes(life, yard):
        yard.now().end("crashed", code=1, lines=("starting", "no GPU found"))
        await settle(life)

    async def story(life, yard):
        await crashes(life, yard)
        ended = life.told("work-ended")[0]
        assert ended.sentence == (
            "boinc crashed on gpu:0 after 1 s (exit 1): no GPU found; it is started again after 5 s"
        )
        assert (ended.data["exit"], ended.data["last"]) == (1, "starting\nno GPU found")
        waits = reason(life)
        assert waits.sentence == "allowed, and no work runs: boinc crashed once (exit 1), tried again after 5 s"
        assert (waits.until - life.world.clock.moment().at).total_seconds() == 5.0
        await life.looks(4)
        assert len(yard.started) == 2
        for wait_s in (1, 10, 20, 40):
            await life.looks(wait_s)
            assert yard.now().has_ended is None
            await crashes(life, yard)
        status = instance(life, "boinc@gpu:0")
        assert (status.failures, status.exit_code, status.lines[-1], status.restarts) == (5, 1, "no GPU found", 4)
        assert status.waits == "boinc crashed 5 times (exit 1), tried again after 1 min 20 s"
        assert life.state("gpu:1") == ("contributing", "inside-window")

    crew(story, BOINC)


def test_what_ran_well_for_long_is_started_at_once_and_forgiven(crew):
    async def story(life, yard):
        yard.now().end("crashed", code=1)
        await settle(life)
        await life.looks(6)
        yard.now().end("exited", code=0, lasted_s=700.0)
        await settle(life)
        assert len(yard.started) == 4
        assert instance(life, "boinc@gpu:0").failures == 0
        yard.now().end("crashed", code=1, lasted_s=700.0)
        await settle(life)
        assert instance(life, "boinc@gpu:0").failures == 1

    crew(story, BOINC)


@pytest.mark.parametrize(
    ("restart", "how", "again"),
    [
        (Restart.ALWAYS, {"how": "exited", "code": 0}, True),
        (Restart.ON_FAILURE, {"how": "exited", "code": 0}, False),
        (Restart.ON_FAILURE, {"how": "crashed", "code": 3}, True),
        (Restart.NEVER, {"how": "crashed", "code": 3}, False),
    ],
)
def test_whether_it_is_started_again_is_as_defined(crew, restart, how, again):
    async def story(life, yard):
        yard.now().end(**how)
        await settle(life)
        assert len(yard.started) == 1
        await life.looks(10)
        assert len(yard.started) == (2 if again else 1)
        if not again:
            assert f"its restart is {restart.value}" in reason(life).sentence
            await life.agent.say_of_work("boinc", ANNA, may_run=True)
            assert len(yard.started) == 2

    crew(story, replace(BOINC, restart=restart), cards=1)


def test_what_cannot_be_started_says_why_and_is_tried_again(crew):
    async def story(life, yard):
        yard.fails["start"] = "/no/such is not found"
        yard.workloads = (BOINC,)
        life.agent.crew.definitions.look(anew=True)
        await life.looks(1)
        await settle(life)
        assert (
            "boinc could not be started on gpu:0: /no/such is not found; it is" in life.told("work-ended")[0].sentence
        )
        assert reason(life).sentence.endswith(
            "boinc could not be started once (/no/such is not found), tried again after 5 s"
        )
        yard.fails.clear()
        await life.looks(6)
        assert life.state("gpu:0") == ("contributing", "inside-window")

    crew(story, cards=1)


def test_work_that_is_not_well_is_ended_and_counts_as_failed(crew, script):
    sick = asyncio.Event

    async def story(life, yard):
        yard.sick.set()
        await settle(life)
        work = yard.started[0]
        assert work.calls == ["start", "stop 20"]
        assert "boinc is not well on gpu:0 and is started anew: it says no" in life.told("work-unhealthy")[0].sentence
        assert instance(life, "boinc@gpu:0").failures == 1
        assert "boinc was not well once, tried again" in reason(life).sentence

    yard = Yard(script("agent_world"), replace(BOINC, health=("check",)))

    async def watch(_workload, _place):
        yard.sick = sick()
        await yard.sick.wait()
        return "it says no"

    yard.work.health = watch
    crew(story, yard=yard, cards=1)


def test_while_it_stands_nobody_asks_whether_it_is_well(crew, script):
    asked = []

    async def story(life, _yard):
        await life.run.say(OverrideKind.PAUSE)
        await settle(life)
        assert asked == ["asked", "left alone"]
        await life.run.say(OverrideKind.RESUME)
        await settle(life)
        assert asked == ["asked", "left alone", "asked"]

    async def watch(_workload, _place):
        asked.append("asked")
        try:
            await asyncio.Event().wait()
        finally:
            asked.append("left alone")

    yard = Yard(script("agent_world"), replace(BOINC, health=("check",)))
    yard.work.health = watch
    crew(story, yard=yard, cards=1)


def test_nothing_starts_that_would_not_fit_before_the_end(crew):
    async def story(life, yard):
        await life.looks(1, step_s=45 * 60.0)  # a quarter of an hour is left
        yard.workloads = (replace(BOINC, longest_s=1800.0),)
        life.agent.crew.definitions.look(anew=True)
        await life.looks(2)
        assert (yard.started, life.state("gpu:0")) == ([], ("idle", "ends-soon"))
        yard.workloads = (replace(BOINC, lead_s=1200.0),)
        life.agent.crew.definitions.look(anew=True)
        await life.looks(2)
        assert (yard.started, life.state("gpu:0")) == ([], ("idle", "ends-soon"))
        yard.workloads = (replace(BOINC, lead_s=60.0),)
        life.agent.crew.definitions.look(anew=True)
        await life.looks(2)
        assert len(yard.started) == 2

    crew(story, terms=TO_ONE)


def test_a_window_that_ends_gives_the_works_own_grace_and_somebody_who_needs_the_device_less(crew):
    async def window(life, yard):
        await life.looks(1, step_s=3601.0)
        assert yard.now().calls == ["start", "stop 20"]

    async def somebody(life, yard):
        await life.looks(2)
        life.world.active = True
        await life.looks(2)
        assert yard.now().calls == ["start", "stop 3.5"]

    crew(window, BOINC, terms=TO_ONE)
    crew(somebody, BOINC, terms=SOMEBODY)


def test_who_needs_the_device_cuts_a_longer_grace_short_and_the_owners_stop_kills_at_once(crew):
    async def story(life, yard):
        work, yard.gates = yard.now(), {"stop 20": asyncio.Event(), "stop 3.5": asyncio.Event()}
        await life.looks(1, step_s=3601.0)
        assert instance(life, "boinc@gpu:0").state is WorkState.STOPPING
        assert life.agent.crew.works("gpu:0")
        await life.agent.say_of_work("boinc", ANNA, may_run=False)
        assert work.calls == ["start", "stop 20", "stop 3.5"]
        await life.run.say(OverrideKind.STOP)
        assert work.calls == ["start", "stop 20", "stop 3.5", "kill"]
        assert not life.agent.crew.works("gpu:0")
        assert life.told("work-ended")[0].data["how"] == "killed"

    crew(story, BOINC, terms=TO_ONE)


def test_what_does_not_stop_is_killed(crew):
    async def story(life, yard):
        yard.fails["stop"] = "its keeper does not answer"
        await life.looks(1, step_s=3601.0)
        assert yard.now().calls == ["start", "stop 20", "kill"]

    crew(story, BOINC, terms=TO_ONE)


def test_what_fails_is_tried_again_at_the_next_look_and_no_sooner(crew):
    async def story(life, yard):
        yard.fails["suspend"] = "no freezer"
        await life.run.say(OverrideKind.PAUSE)
        await settle(life)
        assert yard.now().calls == ["start", "suspend"]
        await life.looks(2)
        assert yard.now().calls == ["start", "suspend", "suspend", "suspend"]

    crew(story, BOINC)


def test_what_goes_on_goes_on_within_the_limits_of_the_moment(crew):
    capped = ALWAYS.replace('"24:00"\n', '"24:00"\nprofile = "p"\n') + "[profile.p]\npower_cap_w = {}\n"

    async def story(life, yard):
        assert yard.now().place.limits.power_cap_w == 200.0
        crew.policy.write_text(capped.format(150))
        await life.looks(2)
        assert yard.now().calls == ["start", "limit 150"]

    crew(story, BOINC, terms=capped.format(200))


@pytest.mark.parametrize(("finish", "asked"), [((), "stop 20"), (("drain",), "finish")])
def test_a_measurement_drains_what_can_be_told_to_end_and_stops_what_cannot(crew, finish, asked):
    async def story(life, yard):
        lease = life.agent.lease(("gpu:1",), "anna")
        waiting = asyncio.create_task(lease.__aenter__())
        await settle(life)
        assert yard.now("gpu:1").calls == ["start", asked]
        assert yard.now("gpu:0").calls == ["start"]
        if finish:
            assert not waiting.done()
            yard.now("gpu:1").end("exited", code=0)
        assert await waiting == ("gpu:1",)
        await life.looks(10)
        assert len(yard.started) == 2
        assert life.state("gpu:1") == ("measuring", "measuring")
        await lease.__aexit__(None, None, None)

    crew(story, replace(BOINC, finish=finish))


class Upkeep:
    """A card's own power limit, which takes as long to come back as the test says."""

    is_settled = False

    def follow(self, upheld):
        pass

    def as_owned(self, device):
        return device

    def warnings(self):
        return ()

    async def end(self):
        pass


def test_a_measurement_waits_until_the_card_has_its_own_power_limit_again(crew):
    async def story(life, yard):
        life.agent.crew.care._upkeep = upkeep = Upkeep()
        lease = life.agent.lease(("gpu:1",), "anna")
        waiting = asyncio.create_task(lease.__aenter__())
        await settle(life)
        await life.looks(2)
        assert yard.now("gpu:1").has_ended is not None
        assert not waiting.done()
        upkeep.is_settled = True
        await life.looks(1)
        assert await waiting == ("gpu:1",)
        await lease.__aexit__(None, None, None)

    crew(story, BOINC)


def test_what_finishes_and_is_let_go_on_goes_on(crew):
    async def story(life, yard):
        await life.run.say(OverrideKind.FINISH)
        assert life.state("gpu:0")[0] == "draining"
        await life.run.say(OverrideKind.RESUME)
        assert yard.now().calls == ["start", "finish", "resume"]
        assert life.told("work-resumed") == []
        await life.run.say(OverrideKind.FINISH)
        yard.now().end("exited", code=0)
        await settle(life)
        assert life.state("gpu:0") == ("paused", "finishing")

    crew(story, BOINC)


def test_an_agent_that_ends_ends_its_work_first_within_its_grace(crew):
    async def story(life, yard):
        await life.run.say(OverrideKind.PAUSE, "gpu:1")
        await life.agent.end("SIGTERM", 143)
        assert yard.now("gpu:0").calls == ["start", "stop 20"]
        assert yard.now("gpu:1").calls == ["start", "suspend", "stop 20"]
        assert [each for each in life.kinds() if each in ("work-ended", "agent-stopped")] == [
            "work-ended",
            "work-ended",
            "agent-stopped",
        ]
        assert yard.meter.told[-1][0] == "end"
        before = len(life.events)
        await settle(life)
        assert (len(yard.started), len(life.events)) == (2, before)

    crew(story, BOINC)


def test_an_agent_that_is_told_twice_to_end_waits_for_nobodys_grace(crew):
    async def story(life, yard):
        yard.gates["stop 20"] = asyncio.Event()
        ending = asyncio.create_task(life.agent.end("SIGTERM", 143))
        await settle(life)
        assert not ending.done()
        life.agent.crew.hurry()
        await ending
        assert [each.calls for each in yard.started] == [["start", "stop 20", "kill"]] * 2

    crew(story, BOINC)


@pytest.mark.parametrize("kind", [OverrideKind.STOP, OverrideKind.PAUSE])
def test_what_takes_long_to_begin_is_gone_too_when_its_device_is_taken_away(crew, kind):
    async def story(life, yard):
        yard.gates["start"] = asyncio.Event()
        yard.workloads = (BOINC,)
        life.agent.crew.definitions.look(anew=True)
        await life.looks(1)
        assert life.agent.crew.works("gpu:0")
        await life.run.say(kind)
        if kind is OverrideKind.PAUSE:
            assert yard.now().calls == ["start"]
            await life.looks(1)
        await settle(life)
        assert yard.now().calls == ["start", "kill"]
        assert not life.agent.crew.works("gpu:0")
        assert life.told("work-started") == life.told("work-ended") == []

    crew(story)


def test_a_pause_that_comes_while_work_begins_holds_once_it_has(crew):
    async def story(life, yard):
        gate = yard.gates["start"] = asyncio.Event()
        yard.workloads = (BOINC,)
        life.agent.crew.definitions.look(anew=True)
        await life.looks(1)
        await life.run.say(OverrideKind.PAUSE)
        gate.set()
        await settle(life)
        assert yard.now().calls == ["start", "suspend"]

    crew(story)


def test_the_memory_of_a_card_is_its_owners_again_and_how_long_that_took_is_kept(crew, script):
    async def story(life, yard):
        memory.gate = asyncio.Event()
        await life.run.say(OverrideKind.STOP, "gpu:0")
        await settle(life)
        assert memory.asked == [("gpu:0", frozenset({4711}))]
        assert life.agent.crew.works("gpu:0")
        life.world.clock.pass_by(2.1)
        memory.gate.set()
        await settle(life)
        assert not life.agent.crew.works("gpu:0")
        (freed,) = life.told("memory-freed")
        assert (freed.device, freed.data) == ("gpu:0", {"workload": "boinc", "seconds": 2.1})
        assert instance(life, "boinc@gpu:0").freed_s == 2.1

    memory, yard = Memory(), Yard(script("agent_world"), BOINC)
    yard.work.memory = memory
    crew(story, yard=yard)


def test_a_device_is_ready_from_the_decision_on_however_long_its_work_takes_to_begin(crew):
    class Slow:
        async def wait(self):
            clock.pass_by(0.15)

    async def story(life, yard):
        nonlocal clock
        clock = life.world.clock
        await life.run.say(OverrideKind.STOP, "gpu:0")
        await settle(life)
        yard.gates["start"] = Slow()
        before = len(yard.meter.told)
        await life.run.say(OverrideKind.RESUME, "gpu:0")
        first, second = [each for each in yard.meter.told[before:] if each[0] == "gpu:0"]
        assert (first[1], second[1]) == (Activity.READY, Activity.WORK)
        decided = [each for each in life.told("decision-changed") if each.device == "gpu:0"][-1]
        assert decided.at == stamp(first[3].at) < stamp(second[3].at)

    clock = None
    crew(story, BOINC)


def test_the_meter_hears_of_each_change_at_the_moment_that_the_journal_has(crew):
    async def story(life, yard):
        life.world.clock.pass_by(1.0)
        await life.run.say(OverrideKind.PAUSE, "gpu:0")
        life.world.clock.pass_by(1.0)
        await life.run.say(OverrideKind.RESUME)
        life.world.clock.pass_by(1.0)
        yard.now().end("crashed", code=1)
        await settle(life)
        mine = [each for each in yard.meter.told if each[0] == "gpu:0"]
        turns = [Activity.READY, Activity.WORK, Activity.SUSPENDED, Activity.WORK, Activity.READY]
        assert [each[1] for each in mine] == turns
        assert [each[4] for each in mine] == [None, None, 1.5, 1.5, None]
        work = [each for each in life.events if each.device == "gpu:0" and each.kind.value.startswith("work-")]
        assert [round(each[3].uptime_s, 3) for each in mine[1:]] == [each.uptime_s for each in work]
        assert [each[1] for each in yard.meter.told if each[0] == "cpu"] == [Activity.READY]

    crew(story, BOINC)


def test_what_its_end_takes_is_metered_apart_from_its_work(crew):
    async def story(life, yard):
        await life.run.say(OverrideKind.STOP, "gpu:0")
        await settle(life)
        mine = [each[1] for each in yard.meter.told if each[0] == "gpu:0"]
        assert mine == [Activity.READY, Activity.WORK, Activity.ENDING, None]

    crew(story, BOINC)


def test_a_device_outside_of_every_window_is_not_ready(crew):
    async def story(life, yard):
        await life.looks(1, step_s=3601.0)
        assert [each[1] for each in yard.meter.told if each[0] == "cpu"] == [Activity.READY, None]
        assert instance(life, "boinc@gpu:0").metered_s == 1.5

    crew(story, BOINC, terms=TO_ONE)


def test_without_workloads_nothing_starts_and_the_command_that_adds_one_is_said(crew):
    async def story(life, yard):
        await life.looks(3)
        assert yard.started == []
        assert life.state("gpu:0") == ("idle", "no-work")
        assert reason(life).sentence == "allowed, and no work runs: no workload is defined for gpu:0"
        assert reason(life).lift == "netmind workload add"

    crew(story)


def test_a_device_that_is_not_here_is_a_problem_and_the_others_work(crew):
    async def story(life, yard):
        assert [each.place.key for each in yard.started] == ["boinc@gpu:0"]
        status = life.agent.crew.status().workloads
        assert status[0].problem == "gpu:7: this node has no such device"
        assert "names no device" in status[1].problem

    odd = Workload(name="odd", devices=("toaster",))
    crew(story, replace(BOINC, devices=("gpu:0", "gpu:7")), odd)


FILE = """
[workload.boinc]
command = ["boinc"]
devices = ["gpu"]
grace = "9s"
{more}
"""


def test_a_definition_that_changes_ends_what_runs_and_starts_it_anew(crew, script, tmp_path):
    path = tmp_path / "agent/workloads.toml"

    def write(**more):
        path.write_text(FILE.format(more=more.get("more", "")))
        path.chmod(0o600)

    async def story(life, yard):
        assert life.told("workloads-changed") == []
        write(more='environment = { A = "b" }')
        await life.looks(3)
        assert life.told("workloads-changed")[0].sentence == "other workloads are in force: boinc changed"
        assert yard.started[0].calls == ["start", "stop 9"]
        assert yard.now().workload.environment == {"A": "b"}
        assert len(yard.started) == 4
        write(more='environment = { A = "b" }\nlead = "1m"')
        await life.looks(3)
        assert len(yard.started) == 4
        path.write_text("[workload.boinc")
        await life.looks(5)
        assert len(life.told("workloads-refused")) == 1
        assert "not valid TOML" in life.agent.crew.status().refused
        assert [each.has_ended for each in yard.started[2:]] == [None, None]
        path.unlink()
        await life.looks(3)
        assert life.told("workloads-changed")[-1].data["gone"] == "boinc"
        assert life.agent.crew.status().workloads == ()
        assert life.state("gpu:0") == ("idle", "no-work")

    write()
    yard = Yard(script("agent_world"))
    yard.work.read = partial(read_workloads, uid=os.geteuid())
    crew(story, yard=yard)


def test_a_file_that_others_can_write_is_refused_from_the_look_on_that_sees_it(crew, script, tmp_path):
    path = tmp_path / "agent/workloads.toml"

    async def story(life, yard):
        path.chmod(0o620)
        await life.looks(2)
        assert "chmod go-w" in life.told("workloads-refused")[0].sentence
        assert len(yard.started) == 2

    async def at_the_start(life, yard):
        assert yard.started == []
        assert reason(life).sentence.endswith("the file of workloads is not in force")
        path.chmod(0o600)
        await life.looks(1)
        assert len(yard.started) == 2
        assert len(life.told("workloads-changed")) == 1

    path.parent.mkdir(exist_ok=True)
    path.write_text(FILE.format(more=""))
    path.chmod(0o600)
    first, second = Yard(script("agent_world")), Yard(script("agent_world"))
    first.work.read = second.work.read = partial(read_workloads, uid=os.geteuid())
    here = crew(story, yard=first)
    crew(at_the_start, yard=second, here=here)


def test_foreign_users_of_a_card_have_its_memory_within_their_time(crew):
    terms = ALWAYS + '[guard.gpu-in-use]\nmemory = "1 GiB"\non_unknown = "run"\n'

    async def story(life, yard):
        life.world.cards[0].users = (DeviceUser(pid=1, memory_used_bytes=4 << 30, util_pct=None),)
        life.world.cards[0].memory_used_bytes = 4 << 30
        await life.looks(2)
        assert yard.now("gpu:0").calls == ["start", "stop 3.5"]
        assert yard.now("gpu:1").calls == ["start"]

    crew(story, BOINC, terms=terms)
