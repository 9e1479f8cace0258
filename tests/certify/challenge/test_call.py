"""Calls: the challenger chooses the moment, within what the owner of each node allows."""

import pytest

from netmind_tui.certify.challenge.message import Waiting
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import Answered


@pytest.fixture
def ask(challenger, made):
    """What a node that waits hears."""

    def ask(seed=1, address="192.0.2.1", **changes):
        plain = {
            "challenger": challenger.key.public,
            "nonce": "ab" * 32,
            "at_most": 2,
            "seconds": 60,
            "within": (),
        }
        return challenger.board.waiting(Waiting(**(plain | changes)), made.key_of(seed).public, address)

    return ask


def test_a_node_is_called_at_the_moment_that_the_dice_chose_and_not_before(ask, challenger):
    assert ask().call is None
    challenger.clock.go(499)
    assert ask().call is None
    challenger.clock.go(1)
    assert ask().call is not None


def test_it_hears_the_same_word_until_it_is_used(ask, challenger, node):
    ask()
    challenger.clock.go(550)
    word = ask().call
    assert ask().call == word
    node.greeted(call=word)
    assert ask().call is None


def test_a_word_does_not_wait_for_the_node_to_find_a_machine(ask, challenger, node):
    """Whoever goes on asking and answers later, with what was rented meanwhile, is told no; and it is counted."""
    ask()
    challenger.clock.go(550)
    call = ask()
    assert call.answer_s == challenger.desk.limits.answer_s == 60
    challenger.clock.go(40)
    assert (ask().call, ask().answer_s) == (call.call, 20)
    challenger.clock.go(20)
    assert ask().call is None
    with pytest.raises(Refused, match="did not call this node with that word"):
        node.greeted(call=call.call)
    node.through()
    verdict = node.verdict()
    assert (verdict.initiated_by, verdict.calls_missed) == ("node", 1)


def test_a_call_counts_as_missed_until_the_clock_was_started(ask, challenger, node):
    """A node that begins at once, to see what is wanted, and then lets its time to be ready pass, did not answer."""
    ask()
    challenger.clock.go(550)
    node.greeted(call=ask().call)
    challenger.clock.go(1000)
    challenger.desk.sweep()
    (call,) = challenger.store.calls()
    assert (call.answered, call.session) == (Answered.MISSED, node.greeting.session)


def test_a_call_that_was_answered_stands_in_the_record(ask, challenger, node):
    ask()
    challenger.clock.go(550)
    node.greeted(call=ask().call)
    node.started()
    node.committed()
    verdict = node.verdict()
    assert (verdict.initiated_by, verdict.calls_missed) == ("challenger", 0)
    assert [each.answered for each in challenger.store.calls(node.key.public)] == [Answered.ANSWERED]


def test_a_missed_call_counts_among_those_that_the_owner_allows(ask, challenger):
    ask(at_most=1)
    challenger.clock.go(550)
    assert ask(at_most=1).call is not None
    for _ in range(20):
        challenger.clock.go(550)
        assert ask(at_most=1).call is None


def test_it_is_called_no_more_than_the_owner_allows(ask, challenger, node):
    ask(at_most=1)
    challenger.clock.go(550)
    node.greeted(call=ask(at_most=1).call)
    for _ in range(20):
        challenger.clock.go(550)
        assert ask(at_most=1).call is None
    challenger.clock.go(24 * 3600)
    ask(at_most=1)
    challenger.clock.go(550)
    assert ask(at_most=1).call is not None


def test_whoever_was_away_does_not_choose_the_moment_by_coming_back(ask, challenger):
    ask()
    challenger.clock.go(5000)
    assert ask().call is None
    challenger.clock.go(500)
    assert ask().call is not None


def test_it_is_called_only_within_the_hours_that_the_owner_allows(ask, challenger):
    night = ((22 * 60, 6 * 60),)
    ask(within=night)  # at 14:00
    called = None
    for _ in range(100):
        challenger.clock.go(300)
        if (called := ask(within=night).call) is not None:
            break
    assert called is not None
    assert challenger.clock.now().hour in (22, 23, 0, 1, 2, 3, 4, 5)


def test_a_challenge_that_would_go_on_past_those_hours_is_not_begun(ask, challenger):
    short = ((14 * 60, 14 * 60 + 10),)
    ask(within=short, seconds=600)  # at 14:00:00
    challenger.clock.go(500)
    assert ask(within=short, seconds=600).call is None
    assert ask(2, within=short, seconds=60).call is None
    challenger.dice.part = 0.0
    assert ask(3, within=short, seconds=60).call is not None
    assert ask(4, within=short, seconds=600).call is None


@pytest.mark.parametrize(
    "changes",
    [
        {"at_most": 0},
        {"at_most": 97},
        {"seconds": 0},
        {"seconds": 3601},
        {"within": ((0, 1440),)},
        {"within": ((1, 2),) * 9},
    ],
)
def test_wishes_that_cannot_be_meant_are_refused(ask, changes):
    with pytest.raises(Refused, match="are expected"):
        ask(**changes)


def test_who_waits_for_another_challenger_is_told(ask, made):
    with pytest.raises(Refused, match="this challenger is not"):
        ask(challenger=made.key_of(7).public)


class TestKeysThatCostNothing:
    @pytest.fixture
    def waits(self, ask, challenger):
        """Whether nodes have kept their places: only then each is called at the moment that was chosen for it."""

        def waits(*nodes):
            challenger.clock.go(500)
            return [ask(seed, address).call is not None for seed, address in nodes]

        return waits

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch):
        monkeypatch.setattr("netmind_tui.certify.challenge.call._MOST_WAITING", 4)
        monkeypatch.setattr("netmind_tui.certify.challenge.call._MOST_THERE", 3)

    def test_those_of_one_address_put_out_one_another_and_nobody_else(self, ask, challenger, waits):
        ask(1, "192.0.2.1")
        challenger.clock.go(1)
        for seed in range(2, 40):
            ask(seed, "198.51.100.7")
        assert waits((1, "192.0.2.1")) == [True]

    def test_one_address_has_only_so_many_places(self, ask, challenger, waits, monkeypatch):
        monkeypatch.setattr("netmind_tui.certify.challenge.call._MOST_WAITING", 100)
        for seed in (1, 2, 3, 4):
            challenger.clock.go(1)
            ask(seed)
        assert waits((4, "192.0.2.1"), (3, "192.0.2.1"), (1, "192.0.2.1")) == [True, True, False]

    def test_where_all_places_are_taken_the_fullest_address_gives_up_its_idlest(self, ask, challenger, waits):
        for seed, address in ((1, "192.0.2.1"), (2, "198.51.100.7"), (3, "198.51.100.7"), (4, "203.0.113.9")):
            challenger.clock.go(1)
            ask(seed, address)
        challenger.clock.go(1)
        ask(5, "203.0.113.10")
        nodes = ((1, "192.0.2.1"), (4, "203.0.113.9"), (3, "198.51.100.7"), (2, "198.51.100.7"))
        assert waits(*nodes) == [True, True, True, False]

    def test_all_addresses_that_one_household_has_are_one(self, ask, challenger, waits):
        ask(1, "2001:db8:1::1")
        challenger.clock.go(1)
        for seed in range(2, 40):
            ask(seed, f"2001:db8:2::{seed:x}")
        assert waits((1, "2001:db8:1::1")) == [True]

    def test_whoever_comes_back_is_taken_again(self, ask):
        for seed in range(1, 20):
            ask(seed)
        assert ask(1).call is None
