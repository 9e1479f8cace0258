"""Work is booked by what was known of its device while it went on."""

from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.node.money.booking import UNKNOWN, Known
from netmind_tui.node.money.known import KnownDevices

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
WHOLE, LOST = Known(name="NVIDIA H100", memory_bytes=80 << 30), Known(name="NVIDIA H100")


def at(minutes):
    return START + timedelta(minutes=minutes)


@pytest.fixture
def seen(worker):
    def see(*found):
        known = KnownDevices()
        for minutes, what in found:
            known.see([worker(known=what)], at(minutes))
        return known

    return see


def test_what_was_known_when_work_ended_counts_and_not_what_was_known_later(seen, interval):
    known = seen((-60, WHOLE), (10.5, LOST))
    assert known.of(interval(0, 600)) == WHOLE
    assert known.of(interval(5, 600)) == LOST


def test_of_work_before_anything_was_known_it_is_what_was_known_first(seen, interval):
    assert seen((60, WHOLE), (70, LOST)).of(interval(0, 600)) == WHOLE


def test_of_another_card_nothing_is_known(seen, interval):
    assert seen((-60, WHOLE)).of(interval(uuid="GPU-9")) == UNKNOWN


def test_after_a_clock_was_put_back_what_is_known_now_counts(seen, interval):
    known = seen((600, WHOLE), (-5, LOST))
    assert known.of(interval(0, 600)) == LOST
