"""Calls: the challenger chooses the moment, and the owner how often, how long and when."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from netmind_tui.certify.challenge.allowance import Allowance
from netmind_tui.certify.challenge.call import is_within, read_windows
from netmind_tui.certify.challenge.message import Waiting
from netmind_tui.certify.refused import Refused
from netmind_tui.model.problem import Problem

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def ask(challenger, made):
    """What a node that waits hears."""

    def ask(seed=1, **changes):
        plain = {
            "challenger": challenger.key.public,
            "nonce": "ab" * 32,
            "at_most": 2,
            "seconds": 60,
            "within": (),
        }
        return challenger.board.waiting(Waiting(**(plain | changes)), made.key_of(seed).public)

    return ask


class TestTheChallenger:
    def test_calls_at_the_moment_that_its_dice_chose_and_not_before(self, ask, challenger):
        assert ask().call is None
        challenger.clock.go(499)
        assert ask().call is None
        challenger.clock.go(1)
        assert ask().call is not None

    def test_says_the_same_word_until_it_is_used(self, ask, challenger, node):
        ask()
        challenger.clock.go(550)
        word = ask().call
        assert ask().call == word
        node.greeted(call=word)
        assert ask().call is None

    def test_forgets_a_node_that_is_not_heard_any_more(self, ask, challenger, made):
        ask()
        challenger.clock.go(550)
        word = ask().call
        challenger.clock.go(600)
        ask(seed=2)
        assert not challenger.desk.is_called(made.key_of(1).public, word)

    def test_calls_no_more_than_the_owner_allows(self, ask, challenger, node):
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

    def test_calls_only_within_the_hours_that_the_owner_allows(self, ask, challenger):
        night = ((22 * 60, 6 * 60),)
        ask(within=night)  # at 14:00
        called = None
        for _ in range(100):
            challenger.clock.go(300)
            if (called := ask(within=night).call) is not None:
                break
        assert called is not None
        assert challenger.clock.now().hour in (22, 23, 0, 1, 2, 3, 4, 5)

    @pytest.mark.parametrize(
        "changes",
        [{"at_most": 0}, {"at_most": 97}, {"seconds": 0}, {"within": ((0, 1440),)}, {"within": ((1, 2),) * 9}],
    )
    def test_wishes_that_cannot_be_meant_are_refused(self, ask, changes):
        with pytest.raises(Refused, match="are expected"):
            ask(**changes)

    def test_who_waits_for_another_challenger_is_told(self, ask, made):
        with pytest.raises(Refused, match="this challenger is not"):
            ask(challenger=made.key_of(7).public)

    def test_only_so_many_wait(self, ask, monkeypatch):
        monkeypatch.setattr("netmind_tui.certify.challenge.call._MOST_WAITING", 2)
        ask(1)
        ask(2)
        with pytest.raises(Refused, match="2 nodes wait here"):
            ask(3)


class TestTheOwner:
    @pytest.mark.parametrize(
        ("texts", "found"),
        [
            (("22:00-06:00",), ((1320, 360),)),
            (("08:30-12:00", "13:00-13:01"), ((510, 720), (780, 781))),
            ((), ()),
        ],
    )
    def test_hours_are_read(self, texts, found):
        assert read_windows(texts) == found

    @pytest.mark.parametrize(
        "text",
        ["", "22", "22:00", "22:00-", "25:00-01:00", "10:60-11:00", "10:00-10:00", "a-b", "1:2-3:4", "²2:00-3:00"],
    )
    def test_hours_that_are_none_are_refused(self, text):
        with pytest.raises(Problem, match="two times of day such as 22:00-06:00 are expected"):
            read_windows((text,))

    @pytest.mark.parametrize(("hour", "expected"), [(21, False), (22, True), (3, True), (6, False), (12, False)])
    def test_a_span_may_go_past_midnight(self, hour, expected):
        assert is_within(NOON.replace(hour=hour), ((1320, 360),)) is expected

    def test_so_many_a_day_and_no_more_even_after_a_restart(self, tmp_path):
        path = tmp_path / "state" / "challenges.txt"
        for minute in range(2):
            allowance = Allowance(at_most=2, within=(), path=path)
            assert allowance.refusal(NOON) is None
            allowance.use(NOON + timedelta(minutes=minute))
        again = Allowance(at_most=2, within=(), path=path)
        assert "2 challenges began within 24 hours" in again.refusal(NOON + timedelta(minutes=5))
        assert again.refusal(NOON + timedelta(hours=24, seconds=1)) is None

    def test_outside_of_the_hours_nothing_begins(self, tmp_path):
        allowance = Allowance(at_most=2, within=((0, 60),), path=tmp_path / "a")
        assert "outside of the hours" in allowance.refusal(NOON)

    def test_the_hours_are_the_owners_own(self, tmp_path):
        allowance = Allowance(at_most=2, within=((1320, 360),), path=tmp_path / "a")
        assert allowance.in_utc(NOON.astimezone(timezone(timedelta(hours=2)))) == ((1200, 240),)
        assert allowance.in_utc(NOON.astimezone(timezone(timedelta(hours=-5)))) == ((180, 660),)

    @pytest.mark.parametrize("data", [b"yesterday\n", b"\xff\xfe"])
    def test_a_damaged_record_lets_nothing_begin(self, tmp_path, data):
        path = tmp_path / "a"
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(Problem, match="is damaged"):
            Allowance(at_most=2, within=(), path=path).refusal(NOON)
