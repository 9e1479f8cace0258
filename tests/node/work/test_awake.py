import pytest

from netmind_tui.node.work.awake import AGAIN_S, Awake

WORKING = {"works": True, "on_battery": False}
HELD = [("idle", "NetMind node", "Work for others runs in the hours that the owner gave it", "block")]


@pytest.fixture
def awake(bus):
    awake = Awake(bus.asked(), lambda: bus.clock)
    yield awake
    awake.close()


def test_the_machine_is_kept_awake_while_work_runs_and_only_then(bus, awake):
    bus.logind()
    assert awake.needs(**WORKING)
    awake.keep(**WORKING)
    assert bus.inhibitors() == HELD
    assert not awake.needs(**WORKING)
    awake.keep(works=False, on_battery=False)
    assert bus.inhibitors() == []
    assert not awake.needs(works=False, on_battery=False)
    assert awake.warning is None


@pytest.mark.parametrize("mains", [False, None])
def test_on_battery_it_may_sleep_and_an_unknown_supply_is_mains(bus, awake, mains):
    bus.logind()
    awake.keep(works=True, on_battery=mains)
    assert awake.is_held
    assert awake.needs(works=True, on_battery=True)
    awake.keep(works=True, on_battery=True)
    assert bus.inhibitors() == []


def test_an_agent_that_ends_in_any_way_lets_it_sleep(bus, awake):
    bus.logind()
    awake.keep(**WORKING)
    awake.close()
    assert bus.inhibitors() == []


def test_a_refusal_is_said_once_and_asked_again_later(bus, awake, caplog):
    bus.logind(refuse_inhibit="org.freedesktop.DBus.Error.AccessDenied")
    awake.keep(**WORKING)
    assert awake.warning == (
        "the machine may fall asleep while it works, and cannot be kept awake: "
        "logind does not allow it: org.freedesktop.DBus.Error.AccessDenied"
    )
    assert not awake.needs(**WORKING)
    bus.clock += AGAIN_S
    assert awake.needs(**WORKING)
    awake.keep(**WORKING)
    awake.keep(works=False, on_battery=False)
    assert awake.warning is None
    awake.keep(**WORKING)
    assert len(caplog.records) == 1
    bus.tell()
    bus.clock += AGAIN_S
    awake.keep(**WORKING)
    assert (awake.warning, bus.inhibitors()) == (None, HELD)


def test_without_logind_the_status_says_so_and_no_log(bus, awake, caplog):
    awake.keep(**WORKING)
    assert not caplog.records
    assert awake.warning is not None
    assert awake.warning.endswith("cannot be kept awake: logind does not run on this machine")


def test_a_logind_that_was_started_anew_is_asked_anew(bus, awake):
    logind = bus.logind()
    awake.keep(**WORKING)
    logind.kill()
    logind.wait()
    bus.logind()
    assert bus.inhibitors() == []
    bus.clock += AGAIN_S
    awake.keep(**WORKING)
    assert bus.inhibitors() == HELD


def test_an_owner_who_wants_none_of_it_is_not_asked_about_it():
    awake = Awake(None)
    assert not awake.needs(**WORKING)
    awake.keep(**WORKING)
    assert (awake.is_held, awake.warning) == (False, None)
