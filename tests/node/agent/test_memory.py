import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.agent.memory import Keeper, KnownDevice, Memory, Renewal

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOMENT = Moment(at=NOW, monotonic_s=1.0, uptime_s=2.5, boot="one", zone="UTC")
FULL = Memory(
    overrides=(Override(kind=OverrideKind.PAUSE, devices=("gpu:0",), at=NOW, until=NOW, for_s=3.0, by="anna"),),
    devices=(KnownDevice(id="gpu:0", slot="00000000:01:00.0", uuid="GPU-1", power_limit_w=300.0, stranger="GPU-2"),),
    sources=("user-active",),
    driver="580.95.05",
    policy_sha256="ab",
    outdated="cd",
    changes=("the driver changed",),
    renewal=Renewal(failures=2, not_before=NOW),
)


def test_everything_is_remembered_by_the_next_agent(tmp_path):
    with closing(Keeper(tmp_path)) as keeper:
        assert (keeper.memory, keeper.last) == (Memory(), None)
        keeper.keep(FULL)
        keeper.live(MOMENT)
    with closing(Keeper(tmp_path)) as keeper:
        assert keeper.memory == FULL
        assert (keeper.last.at, keeper.last.boot, keeper.last.uptime_s, keeper.last.stopped) == (NOW, "one", 2.5, False)
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600


def test_a_damaged_memory_is_kept_aside_and_told(tmp_path):
    (tmp_path / "state.json").write_text('{"overrides": 7}')
    with closing(Keeper(tmp_path)) as keeper:
        assert keeper.memory == Memory()
        assert "could not be read" in keeper.damaged
    assert (tmp_path / "state.damaged.json").read_text() == '{"overrides": 7}'


@pytest.mark.parametrize("line", ["", "{", "7", '{"at": "soon"}', "\0" * 512])
def test_a_torn_last_sign_of_life_is_none(tmp_path, line):
    (tmp_path / "alive").write_text(line)
    with closing(Keeper(tmp_path)) as keeper:
        assert keeper.last is None


def test_signs_of_life_take_one_page_however_many_there_are(tmp_path):
    with closing(Keeper(tmp_path)) as keeper:
        for _ in range(1000):
            keeper.live(MOMENT)
        keeper.live(MOMENT, stopped=True)
    assert (tmp_path / "alive").stat().st_size == 512
    assert json.loads((tmp_path / "alive").read_text())["stopped"] is True


def test_what_cannot_be_written_is_said_and_the_old_state_stays(tmp_path):
    with closing(Keeper(tmp_path / "gone")) as keeper:
        with pytest.raises(Problem, match="cannot write"):
            keeper.keep(FULL)
        assert keeper.memory == Memory()
