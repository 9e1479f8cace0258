"""The examination of memory, on memory of the host and on cards whose memory is broken in one way each."""

from contextlib import ExitStack

import numpy as np
import pytest

from netmind_tui.bench.check import Check
from netmind_tui.bench.family import memory
from netmind_tui.bench.family.base import Task
from netmind_tui.bench.judge import Witness, judge
from netmind_tui.bench.protocol import Outcome
from netmind_tui.bench.size import PIECE_BYTES
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Reason

SIZE = 2 * PIECE_BYTES
BROKEN = PIECE_BYTES + 12_345
"""Where the cards of these tests are broken, if they are."""


class Card:
    """A card whose memory is an array; ``read`` and ``write`` are what a fault takes the place of."""

    def __init__(self, free=2**40):
        self.cells = np.zeros(0, np.uint8)
        self.free = free

    def allocate(self, size):
        self.cells = np.zeros(size, np.uint8)
        return 0

    def pinned(self, size):
        return np.zeros(size, np.uint8)

    def write(self, to, source):
        self.cells[to : to + source.size] = source

    def read(self, to, source):
        to[:] = self.cells[source : source + to.size]

    def synchronise(self):
        pass

    def free_bytes(self):
        return self.free


class Stuck(Card):
    """One bit is 1, whatever is written."""

    def read(self, to, source):
        super().read(to, source)
        if source <= BROKEN < source + to.size:
            to[BROKEN - source] |= 0x08


class Folded(Card):
    """The upper half of the addresses leads to the lower half."""

    def write(self, to, source):
        super().write(to % PIECE_BYTES, source)

    def read(self, to, source):
        super().read(to, source % PIECE_BYTES)


class Idle(Card):
    """Says that it has copied, and has not."""

    def write(self, to, source):
        pass

    def read(self, to, source):
        pass


class Mirrored(Card):
    """Turns one bit in the middle of every copy, to the card and from it: both would cancel out."""

    def write(self, to, source):
        super().write(to, source)
        self.cells[to + source.size // 2] ^= 1

    def read(self, to, source):
        super().read(to, source)
        to[to.size // 2] ^= 1


class Told:
    """Listens to a survey, and asks it to stop after so many words."""

    def __init__(self, patience=10**9):
        self.heard = []
        self.patience = patience

    def done(self, count, total):
        self.heard.append((count, total))

    def is_asked_to_stop(self):
        return len(self.heard) >= self.patience


@pytest.fixture
def survey(catalog):
    def survey(card=None, *, size=SIZE, limit=2**40):
        kernel = catalog.kernel("memory.integrity")
        provider = Provider.CPU if card is None else Provider.CUDA
        variant = next(each for each in kernel.variants if each.provider is provider)
        variant = type(variant)(provider=provider, shape={"bytes": size}, memory=variant.memory)
        return memory.prepare(Task(kernel, variant, 7, 7, limit, 1.0, open_card=lambda: card, stack=ExitStack()), None)

    return survey


@pytest.mark.parametrize("card", [None, Card()], ids=["host", "card"])
def test_good_memory_passes_three_patterns(survey, card):
    found = survey(card).examine(Told())
    assert (found.size_bytes, found.passes, found.wrong, found.stopped) == (SIZE, 3, None, False)


@pytest.mark.parametrize("card", [Stuck(), Folded(), Idle(), Mirrored()], ids=lambda card: type(card).__name__)
def test_broken_memory_is_found(survey, card):
    assert survey(card).examine(Told()).wrong.count > 0


def test_a_card_that_copies_nothing_gets_no_credit_for_what_was_sent(survey):
    # With a single piece, what was to be written still lies in the buffer that is read into.
    assert survey(Idle(), size=PIECE_BYTES).examine(Told()).wrong.count > 0


def test_a_stuck_bit_is_named_with_its_place_and_bits(survey):
    wrong = survey(Stuck()).examine(Told()).wrong
    assert wrong.offset == BROKEN
    assert wrong.actual == wrong.expected | 0x08
    # Random bits or their complement hold a 0 there, but not both.
    assert wrong.count in (1, 2)


def test_memory_of_the_host_that_changes_by_itself_is_found(survey, monkeypatch):
    genuine = memory._HostCells.write

    def write(self, pattern, piece):
        genuine(self, pattern, piece)
        if piece == 1:
            self._all[5] ^= 0x80

    monkeypatch.setattr(memory._HostCells, "write", write)
    wrong = survey().examine(Told()).wrong
    assert (wrong.offset, wrong.count) == (5, 3)


def test_it_says_how_far_it_is_after_every_piece(survey):
    told = Told()
    survey().examine(told)
    assert told.heard == [(step * PIECE_BYTES, 12 * PIECE_BYTES) for step in range(1, 13)]


def test_it_stops_when_it_is_asked_to(survey):
    told = Told(patience=5)
    assert survey().examine(told).stopped
    assert len(told.heard) == 5


def test_a_card_that_has_less_free_by_now_is_examined_as_far_as_it_may_be(survey):
    found = survey(Card(free=PIECE_BYTES + 512 * 2**20))
    assert found.shape == {"bytes": PIECE_BYTES}
    assert found.notes == ("64 MiB were examined instead of 128 MiB: no more was free",)


def test_no_memory_at_all_is_an_error(survey):
    with pytest.raises(MemoryError, match="64 MiB"):
        survey(limit=1000)


def judged(make_step, host, found):
    check = Check("patterns", ok=found.wrong is None, error=None)
    outcome = Outcome(
        shape={"bytes": SIZE}, setup_s=0.1, placed_nodes=0, placement_read=False, before=check, surveyed=found
    )
    return judge(make_step("memory.integrity"), outcome, Witness(started_at="now"), host)


def test_what_was_examined_is_the_value_and_there_is_no_spread(survey, make_step, host):
    measurement = judged(make_step, host, survey().examine(Told()))
    assert measurement.status is Status.PASS
    assert (measurement.value, measurement.unit, measurement.n, measurement.cv) == (SIZE, "bytes", 1, None)
    assert measurement.placement is None
    assert measurement.kernel_sha256 is None


def test_wrong_memory_fails_without_a_value_and_says_where(survey, make_step, host):
    measurement = judged(make_step, host, survey(Stuck()).examine(Told()))
    assert measurement.status is Status.FAIL
    assert measurement.value is None
    (because,) = measurement.reasons
    assert because.id is Reason.WRONG_RESULT
    assert f"offset {BROKEN:#x}" in because.detail


def test_a_survey_that_was_stopped_claims_nothing(survey, make_step, host):
    measurement = judged(make_step, host, survey().examine(Told(patience=3)))
    assert measurement.status is Status.UNSTABLE
    assert measurement.value is None
    assert measurement.reasons[0].id is Reason.STOPPED_EARLY
