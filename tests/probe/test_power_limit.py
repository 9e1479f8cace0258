import pytest

from netmind_tui.model.power_limit import LimitOutcome

CARD_0, CARD_1 = ("GPU-5eed0000-0000-4000-8000-00000000000" + each for each in "01")


def test_a_limit_is_set_and_read_back(open_probe):
    probe = open_probe("h100x8", count=2)
    done = probe.set_power_limit(CARD_1, 400)
    assert (done.outcome, done.asked_w, done.previous_w, done.power_limit_w) == (LimitOutcome.SET, 400, 700, 400)
    assert [each.power_limit_w for each in probe.devices()] == [700, 400]
    assert [each.power_limit_w for each in probe.sample()] == [700, 400]


@pytest.mark.parametrize(("asked", "got"), [(20, 200), (199.6, 200), (5000, 700)])
def test_what_a_card_does_not_allow_becomes_the_nearest_that_it_does(open_probe, asked, got):
    done = open_probe("h100x8", count=1).set_power_limit(CARD_0, asked)
    assert (done.is_done, done.asked_w, done.power_limit_w) == (True, got, got)
    assert done.within(asked) == got


def test_a_limit_is_only_read_where_none_is_given(open_probe):
    probe = open_probe("h100x8", count=1, limit_refused=1)
    found = probe.set_power_limit(CARD_0, None)
    assert (found.outcome, found.power_limit_w, found.least_w, found.most_w) == (LimitOutcome.READ, 700, 200, 700)


def test_a_user_who_may_not_is_told_who_may(open_probe):
    done = open_probe("h100x8", count=1, limit_refused=1).set_power_limit(CARD_0, 300)
    assert (done.outcome, done.power_limit_w) == (LimitOutcome.NO_PERMISSION, 700)
    assert done.why == "does not let this user set its power limit, which only an administrator may"


def test_a_slice_and_a_card_behind_windows_have_no_limit_of_their_own(open_probe):
    part = open_probe("mig").set_power_limit("MIG-5eed0000-0000-5000-8000-000000000001", 300)
    behind = open_probe("wsl").set_power_limit(CARD_0, 100)
    assert {part.outcome, behind.outcome} == {LimitOutcome.NOT_SUPPORTED}
    assert part.why == behind.why == "has no power limit that can be set"


@pytest.mark.parametrize("watts", [0, -5, float("nan"), float("inf")])
def test_what_is_no_number_of_watts_is_not_asked_for(open_probe, watts):
    assert open_probe("h100x8", count=1).set_power_limit(CARD_0, watts).outcome is LimitOutcome.UNANSWERED


def test_a_card_that_is_lost_or_not_there_is_an_answer_too(open_probe):
    lost = open_probe("falls-off-now", count=6).set_power_limit("GPU-5eed0000-0000-4000-8000-000000000005", 300)
    missing = open_probe("h100x8", count=1).set_power_limit("GPU-none", 300)
    none = open_probe("no-driver").set_power_limit(CARD_0, 300)
    assert {each.outcome for each in (lost, missing, none)} == {LimitOutcome.UNANSWERED}
    assert missing.why == "is not listed by the driver"


def test_a_limit_wakes_a_card_that_sleeps(open_probe, sysfs):
    sysfs.add("0000:1b:00.0")
    probe = open_probe("h100x8", count=1)
    probe.devices()
    sysfs.set_status("0000:1b:00.0", "suspended")
    assert probe.devices()[0].asleep
    assert probe.set_power_limit(CARD_0, 300).power_limit_w == 300


def test_a_limit_stays_when_the_process_that_set_it_ends(open_probe, tmp_path):
    open_probe("h100x8", count=1, limits=tmp_path / "limits").set_power_limit(CARD_0, 300)
    assert open_probe("h100x8", count=1, limits=tmp_path / "limits").devices()[0].power_limit_w == 300
