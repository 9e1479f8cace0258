"""A node that moves from machine to machine: at home on one of them at each moment."""

import pytest

from netmind_tui.certify.bar import check_may_write
from netmind_tui.certify.moment import written
from netmind_tui.certify.stay import keep_stay, read_retired, read_stay
from netmind_tui.model.backup import Began
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.instance import only_one
from netmind_tui.node.backup.retire import retire
from netmind_tui.node.backup.takeover import accept, declare_gone


def is_home(machine):
    try:
        check_may_write(machine.layout.identity)
    except Problem as problem:
        return problem.code != ExitCode.UNMEASURED
    return True


def moved(old, new, path, *, force=False):
    """From one machine to the other, by the whole way."""
    old.back_up(path)
    new.restore(path, force=force)
    assert (is_home(old), is_home(new)) == (True, False)
    done = retire(old.layout, read_stay(new.layout.identity).id, old.now)
    assert (is_home(old), is_home(new)) == (False, False)
    accept(done.statement, "the statement", new.layout, new.now)
    assert (is_home(old), is_home(new)) == (False, True)
    return done.statement


def test_it_moves_there_and_back_and_is_at_home_once(first, second, tmp_path):
    moved(first, second, tmp_path / "a")
    second.tell("on the second")
    moved(second, first, tmp_path / "b", force=True)
    assert first.told[0] == "the first"
    assert "on the second" in first.told
    assert read_stay(first.layout.identity).number == 3
    first.identity.signing_key(written(first.now))


def test_an_end_that_was_used_ends_no_later_stay(first, second, machine, tmp_path):
    old = moved(first, second, tmp_path / "a")
    moved(second, first, tmp_path / "b", force=True)
    third = machine("third")
    first.back_up(tmp_path / "c")
    third.restore(tmp_path / "c")
    with pytest.raises(Problem, match="does not end the waiting here: it ends the stay"):
        accept(old, "the statement", third.layout, third.now)
    assert not is_home(third)


def test_an_end_for_one_machine_lets_no_other_one_begin(first, second, machine, tmp_path):
    third = machine("third")
    first.back_up(tmp_path / "a")
    for each in (second, third):
        each.restore(tmp_path / "a")
    done = retire(first.layout, read_stay(second.layout.identity).id, first.now)
    with pytest.raises(Problem, match="it was made for"):
        accept(done.statement, "the statement", third.layout, third.now)
    accept(done.statement, "the statement", second.layout, second.now)
    assert (is_home(first), is_home(second), is_home(third)) == (False, True, False)


def test_a_retired_machine_stays_so_whatever_older_backup_is_restored_there(first, second, tmp_path):
    moved(first, second, tmp_path / "a")
    with pytest.raises(Problem, match="is older than") as caught:
        first.restore(tmp_path / "a", force=True)
    assert caught.value.code == ExitCode.UNMEASURED
    assert not is_home(first)
    assert first.restore(tmp_path / "a", force=True, gone=True).stay.began is Began.DECLARED


def test_the_owners_word_that_the_first_is_gone_stands_in_the_journal(first, second, tmp_path):
    first.back_up(tmp_path / "a")
    second.restore(tmp_path / "a")
    declare_gone(second.layout, second.now)
    assert is_home(second)
    assert "its owner declared the machine before it gone" in second.told[-1]
    with pytest.raises(Problem, match="no node waits here"):
        declare_gone(second.layout, second.now)


def test_what_the_first_wrote_after_the_backup_is_counted(first, second, tmp_path):
    first.back_up(tmp_path / "a")
    second.restore(tmp_path / "a")
    first.tell("later", "later still")
    done = retire(first.layout, None, first.now)
    assert accept(done.statement, "the statement", second.layout, second.now)[1] == 2
    assert "retired here" in first.told[-1]


def test_a_backup_made_after_the_end_has_all_of_it_and_waits_for_nobody(first, second, tmp_path):
    first.tell("the last")
    retire(first.layout, None, first.now)
    first.back_up(tmp_path / "a")
    assert second.restore(tmp_path / "a").stay.began is Began.RETIRED
    assert second.told[:2] == ["the first", "the last"]
    assert read_retired(second.layout.identity, read_stay(second.layout.identity).before) is not None


def test_where_the_named_machine_restores_a_later_backup_it_goes_on_in_the_stay_that_was_named(first, second, tmp_path):
    first.back_up(tmp_path / "a")
    second.restore(tmp_path / "a")
    named = read_stay(second.layout.identity).id
    first.tell("later")
    retire(first.layout, named, first.now)
    first.back_up(tmp_path / "b")
    found = second.restore(tmp_path / "b", force=True).stay
    assert (found.id, found.began) == (named, Began.RETIRED)
    assert "later" in second.told


class TestRetiring:
    def test_a_second_time_it_says_the_same_again(self, first):
        once = retire(first.layout, None, first.now)
        again = retire(first.layout, None, first.now)
        assert (again.statement, again.was_before) == (once.statement, True)
        with pytest.raises(Problem, match="cannot name another one now"):
            retire(first.layout, "2" * 16, first.now)

    def test_while_an_agent_runs_it_is_refused(self, first):
        with only_one(first.layout.agent, since="x"), pytest.raises(Problem, match="another agent keeps"):
            retire(first.layout, None, first.now)
        assert is_home(first)

    def test_without_a_node_or_where_it_only_waits_there_is_nothing_to_retire(self, first, second, tmp_path):
        with pytest.raises(Problem, match="there is nothing to retire"):
            retire(second.layout, None, second.now)
        first.back_up(tmp_path / "a")
        second.restore(tmp_path / "a")
        with pytest.raises(Problem, match="it is the other machine that retires"):
            retire(second.layout, None, second.now)

    def test_what_somebody_changed_in_the_statement_ends_nothing(self, first, second, tmp_path):
        first.back_up(tmp_path / "a")
        second.restore(tmp_path / "a")
        statement = retire(first.layout, None, first.now).statement
        for place in range(0, len(statement), 11):
            changed = statement[:place] + bytes([statement[place] ^ 1]) + statement[place + 1 :]
            with pytest.raises(Problem, match=r"is expected|does not end"):
                accept(changed, "the statement", second.layout, second.now)
        assert not is_home(second)

    def test_a_stay_that_is_damaged_stops_the_node_and_names_the_file(self, first, tmp_path):
        first.back_up(tmp_path / "a")
        stay = read_stay(first.layout.identity)
        for text in ('{"schema": 1}', "", stay_with(stay, "../../../x")):
            (first.layout.identity / "stay.json").write_text(text)
            with pytest.raises(Problem, match=r"stay\.json"):
                check_may_write(first.layout.identity)
        keep_stay(first.layout.identity, stay)
        assert is_home(first)


def stay_with(stay, name):
    return f'{{"schema": "netmind.stay/1", "id": "{name}", "number": 1, "since": "{stay.since}"}}'
