"""What is known of a device's power: the owner's word first, then the baseline that held at the time."""

from datetime import UTC, datetime, timedelta

from netmind_tui.ledger.energy import PowerBook
from netmind_tui.model.device import Device, DeviceKind

NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
CARD = Device(id="gpu:0", kind=DeviceKind.GPU, uuid="GPU-0", pci_slot="0000:1b:00.0")


def test_a_baseline_holds_from_when_it_was_made_until_the_next_one(baseline):
    book = PowerBook(baselines=[baseline(60.0, made_at=NOW), baseline(50.0, made_at=NOW - timedelta(days=2))])
    assert book.of("gpu:0", "GPU-0", NOW - timedelta(days=3)).idle_mw is None
    assert book.of("gpu:0", "GPU-0", NOW - timedelta(days=1)).idle_mw == 50_000
    assert book.of("gpu:0", "GPU-0", NOW).idle_mw == 60_000


def test_it_stays_with_its_card_wherever_that_is_put_and_is_not_the_next_ones(baseline):
    book = PowerBook(baselines=[baseline()])
    assert book.of("gpu:3", "GPU-0", NOW).idle_from == "calibrated 2026-11-26"
    assert book.of("gpu:0", "GPU-other", NOW).idle_mw is None


def test_what_the_owner_says_wins_for_any_time(baseline):
    book = PowerBook({"gpu:0": 250.0}, {"pci:1b:00": 33.5}, [baseline()], devices=[CARD])
    found = book.of("gpu:0", "GPU-0", NOW - timedelta(days=400))
    assert (found.load_mw, found.idle_mw, found.idle_from, found.spread_mw) == (250_000, 33_500, "declared", 0)


def test_names_may_be_uuids_and_the_owners_own_words_and_mean_no_other_card():
    book = PowerBook({"GPU-0": 250.0}, {"big": 33.0}, devices=[CARD], aliases={"big": "gpu:0"})
    assert book.of("gpu:0", "GPU-0", NOW).load_mw == 250_000
    assert book.of("gpu:0", "GPU-0", NOW).idle_mw == 33_000
    assert book.of("gpu:1", "GPU-1", NOW).load_mw is None


def test_a_logical_cpu_draws_its_part_of_what_the_owner_declared_above_idle():
    book = PowerBook({"cpu": 125.0}, {"cpu": 29.0}, logical_cpus=16)
    found = book.thread(NOW)
    assert found is not None
    assert (found.busy_mw, found.known_from) == (6_000, "declared")


def test_or_of_what_was_calibrated_once_it_was(baseline):
    own = baseline(20.0, device="cpu", uuid=None, busy_w=100.0, logical_cpus=8, made_at=NOW)
    book = PowerBook(baselines=[own])
    assert book.thread(NOW - timedelta(seconds=1)) is None
    found = book.thread(NOW)
    assert found is not None
    assert (found.busy_mw, found.known_from) == (10_000, "calibrated 2026-11-27")


def test_a_processor_of_which_only_one_of_both_is_known_tells_nothing_of_its_parts(baseline):
    idle = baseline(20.0, device="cpu", uuid=None)
    assert PowerBook({"cpu": 125.0}, logical_cpus=16).thread(NOW) is None
    assert PowerBook(baselines=[idle], logical_cpus=16).thread(NOW) is None
    assert PowerBook({"cpu": 19.0}, baselines=[idle], logical_cpus=16).thread(NOW) is None
