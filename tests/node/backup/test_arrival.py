"""Whether a restored node goes on or waits: every case once, on values."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netmind_tui.model.backup import Backup, Began, Retirement, Stay
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.backup.arrival import stay_after, taken_over

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
AT = "2026-11-23T05:00:00.000Z"
FIRST = Stay(id="1" * 16, number=1, since=AT, began=Began.MADE, began_at=AT)
BACKUP = Backup(id="b" * 16, version="0", node_key="k", made_at=AT, machine="here", stay=FIRST, events=7, members=())
END = Retirement(node_key="k", stay=FIRST.id, number=1, successor=None, at=AT, events=9)


def arrive(backup=BACKUP, *, carried=None, known=None, present=None, here="there", gone=False):
    return stay_after(backup, carried, known, present, here, NOW, gone=gone)


def test_on_the_machine_it_was_made_on_the_stay_goes_on():
    found = arrive(here="here")
    assert (found.id, found.number, found.began) == (FIRST.id, 1, Began.MADE)
    assert (found.backup, found.events) == (BACKUP.id, 7)


@pytest.mark.parametrize(("of", "here"), [("here", "there"), ("here", None), (None, "there"), (None, None)])
def test_anywhere_else_and_where_nobody_can_tell_it_waits(of, here):
    found = arrive(replace(BACKUP, machine=of), here=here)
    assert (found.began, found.before, found.number) == (None, FIRST.id, 2)
    assert found.id != FIRST.id


def test_by_the_owners_word_it_goes_on_anywhere():
    assert arrive(gone=True).began is Began.DECLARED


def test_a_backup_made_after_the_end_of_its_stay_needs_to_wait_for_nobody():
    for here in ("there", "here", None):
        found = arrive(carried=END, here=here)
        assert (found.began, found.number, found.before) == (Began.RETIRED, 2, FIRST.id)


def test_where_it_ended_for_another_machine_that_one_is_waited_for():
    other = replace(END, successor="2" * 16)
    found = arrive(carried=other)
    assert (found.began, found.before, found.number) == (None, "2" * 16, 3)
    assert arrive(carried=other, gone=True).began is Began.DECLARED


def test_on_that_other_machine_it_goes_on_in_the_stay_that_was_named():
    waiting = replace(FIRST, id="2" * 16, number=2, before=FIRST.id, began=None)
    found = arrive(carried=replace(END, successor=waiting.id), present=waiting)
    assert (found.id, found.began) == (waiting.id, Began.RETIRED)


def test_restored_again_what_waits_keeps_the_name_that_the_other_machine_may_know():
    waiting = arrive()
    assert arrive(present=waiting).id == waiting.id
    assert arrive(replace(BACKUP, stay=replace(FIRST, id="3" * 16)), present=waiting).id != waiting.id
    third = arrive(carried=replace(END, successor="2" * 16))
    assert arrive(carried=replace(END, successor="2" * 16), present=third).id == third.id


def test_where_it_ended_for_whichever_comes_next_it_does_not_simply_come_back():
    with pytest.raises(Problem, match=r"retired here .* and may be there by now: --first-is-gone") as caught:
        arrive(carried=END, known=END, present=FIRST, here="here")
    assert caught.value.code == ExitCode.UNMEASURED
    assert arrive(carried=END, known=END, present=FIRST, here="here", gone=True).began is Began.DECLARED


def test_a_backup_from_before_an_end_that_is_known_here_is_too_old():
    with pytest.raises(Problem, match=r"is older than .*restore one made since then") as caught:
        arrive(known=END, here="here")
    assert caught.value.code == ExitCode.UNMEASURED
    assert arrive(known=END, here="here", gone=True).began is Began.DECLARED


class TestTakingOver:
    waiting = arrive()

    def test_the_end_that_was_waited_for_ends_the_waiting(self):
        found = taken_over(self.waiting, END, "k", NOW)
        assert (found.id, found.began) == (self.waiting.id, Began.RETIRED)
        assert taken_over(self.waiting, replace(END, successor=self.waiting.id), "k", NOW).began is Began.RETIRED

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"node_key": "other"}, "signed by another key"),
            ({"stay": "9" * 16}, "and 1111111111111111 is waited for"),
            ({"successor": "9" * 16}, "was made for 9999999999999999"),
        ],
    )
    def test_no_other_one_does(self, change, words):
        with pytest.raises(Problem, match=words):
            taken_over(self.waiting, replace(END, **change), "k", NOW)
