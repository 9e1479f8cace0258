"""What an owner allows is what is taken, after a restart and in their own time of day."""

import fcntl
from datetime import UTC, datetime, timedelta, timezone

import pytest

from netmind_tui.certify.challenge.allowance import Allowance
from netmind_tui.model.problem import Problem

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_so_many_a_day_and_no_more_even_after_a_restart(tmp_path):
    path = tmp_path / "state" / "challenges.txt"
    for minute in range(2):
        allowance = Allowance(at_most=2, within=(), seconds=60, path=path)
        assert allowance.refusal(NOON) is None
        allowance.use(NOON + timedelta(minutes=minute))
    again = Allowance(at_most=2, within=(), seconds=60, path=path)
    assert "2 challenges began within 24 hours" in again.refusal(NOON + timedelta(minutes=5))
    assert again.refusal(NOON + timedelta(hours=24, seconds=1)) is None


def test_outside_of_the_hours_nothing_begins(tmp_path):
    allowance = Allowance(at_most=2, within=((0, 60),), seconds=60, path=tmp_path / "a")
    assert "outside of the hours" in allowance.refusal(NOON)


def test_the_hours_are_the_owners_own(tmp_path):
    allowance = Allowance(at_most=2, within=((1320, 360),), seconds=60, path=tmp_path / "a")
    assert allowance.in_utc(NOON.astimezone(timezone(timedelta(hours=2)))) == ((1200, 240),)
    assert allowance.in_utc(NOON.astimezone(timezone(timedelta(hours=-5)))) == ((180, 660),)


@pytest.mark.parametrize("data", [b"yesterday\n", b"\xff\xfe"])
def test_a_damaged_record_lets_nothing_begin(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(Problem, match="is damaged"):
        Allowance(at_most=2, within=(), seconds=60, path=path).refusal(NOON)


def test_a_challenge_that_would_go_on_past_the_hours_does_not_begin(tmp_path):
    allowance = Allowance(at_most=2, within=((660, 725),), seconds=300, path=tmp_path / "a")
    assert allowance.refusal(NOON) is None
    assert "end before the 300 s" in allowance.refusal(NOON + timedelta(seconds=1))
    assert "end before the 300 s" in allowance.use(NOON + timedelta(minutes=2))
    assert not (tmp_path / "a").exists()


def test_of_two_commands_that_wait_at_once_one_begins(tmp_path):
    """Both have looked before either of them begins."""
    first, second = (Allowance(at_most=1, within=(), seconds=60, path=tmp_path / "a") for _ in range(2))
    assert (first.refusal(NOON), second.refusal(NOON)) == (None, None)
    assert first.use(NOON) is None
    assert "1 challenges began within 24 hours" in second.use(NOON)


def test_whoever_writes_is_waited_for(tmp_path):
    waited = []

    def pause(seconds):
        waited.append(seconds)
        lock.close()  # the other one is done

    lock = (tmp_path / "netmind-a.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert Allowance(at_most=1, within=(), seconds=60, path=tmp_path / "a.txt", pause=pause).use(NOON) is None
    assert len(waited) == 1


def test_a_moment_of_a_clock_that_was_wrong_blocks_nothing(tmp_path):
    path = tmp_path / "a"
    Allowance(at_most=1, within=(), seconds=60, path=path).use(NOON.replace(year=2040))
    allowance = Allowance(at_most=1, within=(), seconds=60, path=path)
    assert allowance.refusal(NOON) is None
    assert allowance.use(NOON) is None
    assert "2040" not in path.read_text()


def test_a_clock_that_was_set_back_allows_no_more(tmp_path):
    allowance = Allowance(at_most=1, within=(), seconds=60, path=tmp_path / "a")
    allowance.use(NOON)
    assert "1 challenges began" in allowance.refusal(NOON - timedelta(hours=2))


def test_a_record_that_others_can_read_is_no_leaked_key(tmp_path):
    path = tmp_path / "a"
    path.write_text("")
    path.chmod(0o644)
    assert Allowance(at_most=1, within=(), seconds=60, path=path).use(NOON) is None


@pytest.mark.parametrize("spoil", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"\n" * (1 << 17))])
def test_a_record_that_cannot_be_read_lets_nothing_begin(tmp_path, spoil):
    spoil(tmp_path / "a")
    with pytest.raises(Problem, match=r"cannot read|is damaged"):
        Allowance(at_most=1, within=(), seconds=60, path=tmp_path / "a").refusal(NOON)
