"""The word of a call: for one node, for a minute, and good once; and what the record holds of each."""

import pytest

from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.summons import Summons
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.challenge import Answered


@pytest.fixture
def summons(challenger):
    return Summons(challenger.store, challenger.clock, challenger.dice, answer_s=60)


@pytest.fixture
def became(challenger):
    """What became of every call, by the record."""
    return lambda: [each.answered for each in challenger.store.calls()]


def test_whoever_begins_without_a_word_chose_the_moment(summons):
    assert summons.initiator("a node", None) is Initiator.NODE


def test_a_word_says_that_the_challenger_did(summons):
    assert summons.initiator("a node", summons.call("a node")) is Initiator.CHALLENGER


@pytest.mark.parametrize(
    "change",
    [
        lambda summons, word: summons.answered("a node", word, "a session"),
        lambda summons, _word: summons.call("a node"),
    ],
    ids=["used", "called anew"],
)
def test_a_word_of_before_is_void(summons, change):
    word = summons.call("a node")
    change(summons, word)
    assert summons.left_s("a node", word) is None
    with pytest.raises(Declined, match="or it was used") as caught:
        summons.initiator("a node", word)
    assert caught.value.why is Why.FOREIGN


def test_the_word_of_another_node_is_none(summons):
    with pytest.raises(Declined, match="did not call this node"):
        summons.initiator("another", summons.call("a node"))


def test_a_call_is_recorded_when_it_is_given(summons, became, challenger):
    summons.call("a node")
    (call,) = challenger.store.calls("a node")
    assert (call.node_key, call.answered, call.session) == ("a node", Answered.CALLED, None)
    assert challenger.store.calls("another") == ()


def test_a_word_runs_out_and_the_call_counts_as_missed(summons, became, challenger):
    word = summons.call("a node")
    challenger.clock.go(59)
    summons.sweep()
    assert (summons.left_s("a node", word), became()) == (1, [Answered.CALLED])
    challenger.clock.go(1)
    with pytest.raises(Declined, match="60 s ago"):
        summons.initiator("a node", word)
    summons.sweep()
    assert became() == [Answered.MISSED]
    assert challenger.store.counts("a node").missed == 1


def test_a_call_that_was_answered_is_not_missed_later(summons, became, challenger):
    summons.answered("a node", summons.call("a node"), "a session")
    challenger.clock.go(1000)
    summons.sweep()
    assert became() == [Answered.BEGUN]


def test_nobody_misses_a_call_because_the_challenger_was_stopped(summons, became, challenger):
    summons.call("a node")
    challenger.store.abandon(challenger.clock.now())
    assert became() == [Answered.VOID]
    assert challenger.store.counts("a node").missed == 0
