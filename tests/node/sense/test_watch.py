import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from netmind_tui.model.decide import decide
from netmind_tui.model.device import DeviceUser
from netmind_tui.model.event import EventKind
from netmind_tui.model.policy import Guard, GuardKind, OnUnknown, Policy, Window
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.model.situation import DeviceFact, Situation
from netmind_tui.node.sense.gpu_in_use import GpuUse
from netmind_tui.node.sense.money import Quote, Untold
from netmind_tui.node.sense.seat import Idle
from netmind_tui.node.sense.sources import Sources, of_this_machine
from netmind_tui.node.sense.watch import Watch
from netmind_tui.probe.process_list import ProcessList

START = datetime(2027, 1, 4, 12, tzinfo=UTC)
GIB = 2**30
GPUS = (DeviceFact(device="gpu:0", uuid="GPU-0"), DeviceFact(device="gpu:1", uuid="GPU-1"), DeviceFact(device="cpu"))


class Told:
    """A seat, a price and the rest, as a test says."""

    def __init__(self):
        self.seat = Idle(seconds=math.inf, words="nobody sits here", source="logind")
        self.asked = []
        self.own = 0.0
        self.price = None
        self.users = Reading(())

    def idle(self, **asked):
        self.asked.append(asked)
        return self.seat

    def close(self):
        pass

    def price_at(self, _moment, _currency):
        return Quote(self.price, "tariff", "no tariff is set")


class Scene:
    """A watch whose clock goes a second with every look."""

    def __init__(self, root, *guards, known=()):
        self.told = Told()
        self.host = HostSample(cpu_util_pct=0.0, temperature_c=50.0, on_battery=False, battery_pct=80.0)
        self.cards = {name: {"temperature_c": 40, "memory_used_bytes": 0} for name in ("gpu:0", "gpu:1")}
        self.devices = GPUS
        self.now = 0.0
        processes = ProcessList(root, 500)
        sources = Sources(
            seat=self.told,
            processes=processes,
            own_pct=lambda: self.told.own,
            gpu_use=GpuUse(lambda _uuid: self.told.users, processes),
            folder=root,
            price=self.told,
            profit=Untold(),
        )
        self.watch = Watch(guards, sources, known=known, clock=lambda: self.now)

    def look(self, seconds=1.0):
        """The facts after so many seconds of looks, by device."""
        for _ in range(int(seconds)):
            self.now += 1.0
            cards = tuple(DeviceSample(device=name, **values) for name, values in self.cards.items())
            sample = Sample(at="", host=self.host, devices=cards)
            facts = self.watch.look(sample, self.devices, self.at)
        return {fact.device: fact for fact in facts}

    @property
    def at(self):
        return START + timedelta(seconds=self.now)


@pytest.fixture
def scene(tmp_path):
    return lambda *guards, **more: Scene(tmp_path, *guards, **more)


def guard(kind, **more):
    return Guard(kind=GuardKind(kind), **more)


HOT = guard("temperature", limit=80.0, margin=6.0, enter_s=3.0, leave_s=10.0)
USER = guard("user-active", limit=180.0)
BUSY = guard("cpu-busy", limit=30.0, enter_s=2.0, leave_s=5.0)
POWER = guard("battery", limit=90.0)


def test_each_device_denies_for_itself_after_its_time_and_says_since_when(scene):
    made = scene(HOT)
    made.look()
    made.cards["gpu:1"]["temperature_c"] = 84
    assert not made.look(3)["gpu:1"].denies
    found = made.look()
    assert {name: fact.denies for name, fact in found.items()} == {"gpu:0": False, "gpu:1": True, "cpu": False}
    assert (found["gpu:1"].value, found["gpu:1"].limit, found["gpu:1"].source) == ("84 °C", "80 °C", "nvml")
    began = made.at
    assert made.look(5)["gpu:1"].since == began


def test_a_guard_lets_go_below_its_margin_and_tells_when_at_the_earliest(scene):
    made = scene(HOT)
    made.cards["gpu:0"]["temperature_c"] = 84
    made.look(4)
    made.cards["gpu:0"]["temperature_c"] = 78
    assert made.look(60)["gpu:0"].denies
    made.cards["gpu:0"]["temperature_c"] = 74
    found = made.look()["gpu:0"]
    assert (found.denies, found.lifts_at) == (True, made.at + timedelta(seconds=10))
    assert made.look(9)["gpu:0"].denies
    found = made.look()["gpu:0"]
    assert (found.denies, found.since, found.lifts_at) == (False, None, None)


def test_input_of_the_user_denies_at_the_next_look(scene):
    made = scene(USER)
    assert not made.look()[None].denies
    made.told.seat = Idle(seconds=0.4, words="input 0 s ago", source="x11")
    found = made.look()[None]
    assert (found.denies, found.value, found.limit, found.source) == (True, "input 0 s ago", "3 min", "x11")
    assert found.lifts_at == made.at + timedelta(seconds=179.6)


def test_the_seat_is_told_what_the_owner_counts_and_what_is_known(scene):
    made = scene(replace(USER, counts_remote_logins=True), known=["logind"])
    made.look()
    assert made.told.asked == [{"counts_remote": True, "known": frozenset({"logind"})}]


def test_our_own_load_does_not_keep_us_from_working(scene):
    made = scene(BUSY)
    made.host = replace(made.host, cpu_util_pct=95.0)
    made.told.own = 90.0
    assert not made.look(10)[None].denies
    made.told.own = 10.0
    assert made.look(3)[None].denies


def test_memory_and_share_of_others_are_one_fact_with_what_denies(scene):
    made = scene(guard("gpu-in-use", limit=float(GIB), util_pct=10))
    made.told.users = Reading((DeviceUser(pid=9, memory_used_bytes=GIB // 2, util_pct=70.0),))
    made.cards["gpu:0"]["memory_used_bytes"] = GIB // 2
    found = made.look()["gpu:0"]
    assert (found.denies, found.value, found.limit) == (True, "70 % used by process 9", "10 %")
    assert "cpu" not in made.look()


def test_a_limit_of_the_share_alone_leaves_memory_free(scene):
    made = scene(guard("gpu-in-use", util_pct=10))
    made.told.users = Reading((DeviceUser(pid=9, memory_used_bytes=40 * GIB, util_pct=3.0),))
    made.cards["gpu:0"]["memory_used_bytes"] = 40 * GIB
    assert not made.look()["gpu:0"].denies


def test_a_machine_without_a_gpu_has_none_that_others_could_use(scene):
    made = scene(guard("gpu-in-use", limit=float(GIB)))
    made.devices, made.cards = GPUS[2:], {}
    found = made.look()[None]
    assert (found.value, found.denies, found.unknown) == ("this machine has none", False, None)


@pytest.mark.parametrize("named", [("gpu",), ("gpu:0", "gpu:1"), ("gpu:0-1",)], ids=str)
def test_a_guard_looks_only_at_its_devices(scene, named):
    assert list(scene(replace(HOT, devices=named)).look()) == ["gpu:0", "gpu:1"]


def test_a_lost_device_is_not_looked_at(scene):
    made = scene(HOT)
    made.devices = (replace(GPUS[0], lost="has fallen off the bus"), *GPUS[1:])
    assert list(made.look()) == ["gpu:1", "cpu"]
    assert made.watch.questions() == ()


def test_one_missed_reading_keeps_the_last(scene):
    made = scene(HOT)
    made.look()
    made.cards["gpu:0"] = {"absent": {"temperature_c": Absence.STALE}}
    assert made.look()["gpu:0"].value == "40 °C"
    assert made.look()["gpu:0"].unknown == "no temperature: the last value is too old"


def test_a_source_that_worked_and_stops_is_blind_once_and_sees_again_once(scene):
    made = scene(USER)
    made.look()
    made.told.seat = Idle(source="logind", unknown="logind does not answer")
    found = made.look(5)[None]
    assert (found.unknown, found.was_known, found.denies) == ("logind does not answer", True, False)
    (blind,) = made.watch.events()
    assert (blind.kind, blind.sentence) == (
        EventKind.GUARD_BLIND,
        "the guard user-active cannot see: logind does not answer",
    )
    assert made.watch.questions() == ()
    made.told.seat = Idle(seconds=500.0, words="no input for 8 min", source="logind")
    made.look(5)
    (sighted,) = made.watch.events()
    assert sighted.sentence == "the guard user-active sees again, by logind: no input for 8 min"
    assert sighted.kind is EventKind.GUARD_SIGHTED
    assert sighted.data["guard"] == "user-active"


def test_what_was_waited_for_begins_anew_after_a_blindness(scene):
    made = scene(HOT)
    made.cards["gpu:0"]["temperature_c"] = 84
    made.look(2)
    made.cards["gpu:0"] = {"absent": {"temperature_c": Absence.NO_PERMISSION}}
    made.look(5)
    made.cards["gpu:0"] = {"temperature_c": 84}
    assert not made.look(3)["gpu:0"].denies
    assert made.look()["gpu:0"].denies


def test_a_source_that_this_machine_never_had_is_asked_about_once(scene):
    made = scene(guard("price", amount="0.35", currency="EUR"), HOT)
    made.host = replace(made.host, temperature_c=None)
    found = made.look(5)
    assert (found[None].unknown, found[None].was_known) == ("no tariff is set", False)
    price, heat = made.watch.questions()
    assert (price.id, price.command) == ("guard.price", "netmind schedule check")
    assert "the guard price cannot see: no tariff is set" in price.sentence
    assert "temperature of cpu" in heat.sentence
    assert made.watch.events() == ()


def test_a_card_whose_sensor_died_pauses_although_the_owner_lets_the_processor_run_without_one(scene):
    made = scene(replace(HOT, on_unknown=OnUnknown.RUN))
    made.host = replace(made.host, temperature_c=None)
    made.cards["gpu:0"]["temperature_c"] = 99
    made.look(5)
    made.cards["gpu:0"] = {"memory_used_bytes": 0, "absent": {"temperature_c": Absence.NOT_SUPPORTED}}
    facts = tuple(made.look(5).values())
    every_hour = Window(days=tuple(range(7)), start_minute=0, end_minute=1440)
    terms = Policy(windows=(every_hour,), guards=(replace(HOT, on_unknown=OnUnknown.RUN),))
    found = decide(terms, UTC, made.at, Situation(devices=GPUS, facts=facts)).devices
    assert {each.device: each.may_start for each in found} == {"gpu:0": False, "gpu:1": True, "cpu": True}


def test_what_is_said_of_a_card_is_seen_and_decided_for_its_slices(scene):
    hot = replace(HOT, devices=("gpu:0",), enter_s=0.0)
    made = scene(hot)
    made.devices = (DeviceFact(device="mig:0.1"), DeviceFact(device="mig:1.1"))
    made.cards["gpu:0"]["temperature_c"] = 99
    found = made.look()
    assert {name: fact.denies for name, fact in found.items()} == {"mig:0.1": True}
    every_hour = Window(days=tuple(range(7)), start_minute=0, end_minute=1440)
    situation = Situation(devices=made.devices, facts=tuple(found.values()))
    first, second = decide(Policy(windows=(every_hour,), guards=(hot,)), UTC, made.at, situation).devices
    assert (first.may_start, second.may_start) == (False, True)


def test_a_launcher_that_becomes_the_game_is_seen_at_the_second_look(scene, tmp_path):
    def runs(name):
        folder = tmp_path / "proc/900"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stat").write_text(f"900 ({name}) S 1 900 900" + " 0" * 16)
        (folder / "comm").write_text(f"{name}\n")
        (folder / "cmdline").write_bytes(name.encode() + b"\0")

    made = scene(guard("exclusive", programs=("/usr/games/game",)))
    runs("launcher")
    assert not made.look(5)[None].denies
    runs("game")
    assert made.look(2)[None].denies


def test_a_guard_that_the_owner_has_answered_for_asks_nothing(scene):
    made = scene(guard("price", amount="0.35", on_unknown=OnUnknown.RUN))
    made.look()
    assert made.watch.questions() == ()


def test_what_has_only_not_been_read_yet_is_no_question(scene):
    made = scene(BUSY)
    made.host = replace(made.host, cpu_util_pct=None, absent={"cpu_util_pct": Absence.STALE})
    found = made.look()[None]
    assert found.unknown is not None
    assert found.was_known
    assert made.watch.questions() == made.watch.events() == ()
    made.host = replace(made.host, cpu_util_pct=5.0, absent={})
    made.look()
    assert made.watch.events() == ()


def test_what_this_machine_has_is_known_and_survives_in_the_agents_memory(scene):
    made = scene(USER, POWER)
    made.told.seat = replace(made.told.seat, learnt=("logind", "desktop tells idleness"))
    made.look()
    assert made.watch.known == ("battery", "desktop tells idleness", "logind", "user-active")
    later = scene(USER, known=made.watch.known)
    later.told.seat = Idle(source="logind", unknown="no bus")
    assert later.look()[None].was_known
    assert [event.kind for event in later.watch.events()] == [EventKind.GUARD_BLIND]


def test_a_machine_without_a_battery_is_neither_denied_nor_asked(scene):
    made = scene(POWER)
    made.host = HostSample(on_battery=False)
    found = made.look()[None]
    assert (found.denies, found.unknown, found.value) == (False, None, "this machine has none")
    assert made.watch.questions() == ()
    assert made.watch.known == ()


def test_on_battery_below_its_charge_it_denies_and_on_mains_it_does_not(scene):
    made = scene(POWER)
    assert not made.look()[None].denies
    made.host = replace(made.host, on_battery=True)
    found = made.look()[None]
    assert (found.denies, found.value, found.limit) == (True, "on battery, 80 %", "90 %")
    made.host = replace(made.host, on_battery=False)
    assert not made.look()[None].denies


def test_a_limit_of_100_is_never_on_battery(scene):
    made = scene(replace(POWER, limit=100.0))
    made.host = replace(made.host, on_battery=True, battery_pct=100.0)
    assert made.look()[None].denies


def test_a_price_is_compared_to_the_digit(scene):
    made = scene(guard("price", amount="0.35", currency="EUR"))
    made.told.price = Decimal("0.35")
    assert not made.look()[None].denies
    made.told.price = Decimal("0.3500000000000000001")
    found = made.look()[None]
    assert (found.denies, found.limit) == (True, "0.35 EUR per kWh")


def test_another_policy_keeps_what_the_same_guards_have_seen(scene):
    made = scene(replace(BUSY, enter_s=0.0), HOT)
    made.host = replace(made.host, cpu_util_pct=80.0)
    made.look()
    began = made.at
    made.watch.follow((replace(BUSY, limit=40.0),))
    found = made.look(3)
    assert list(found) == [None]
    assert (found[None].denies, found[None].since, found[None].limit) == (True, began, "40 %")


def test_this_machine_can_be_looked_at(tmp_path):
    kinds = ("battery", "temperature", "user-active", "gpu-in-use", "exclusive", "cpu-busy", "disk", "energy")
    guards = [guard(kind, limit=50.0, programs=("no such program",)) for kind in kinds]
    sources = of_this_machine(lambda _uuid: Reading(()), None, tmp_path)
    watch = Watch(guards, sources)
    facts = watch.look(Sample(at="", host=HostSample()), (DeviceFact(device="cpu"),), START)
    sources.close()
    assert {fact.kind for fact in facts} == {GuardKind(kind) for kind in kinds}
    assert all(fact.source for fact in facts)
    assert all(fact.unknown or fact.value for fact in facts)
