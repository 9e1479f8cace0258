import errno
import json
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from netmind_tui.certify import private_file
from netmind_tui.model.override import Override, OverrideKind
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


def members(memory):
    return {each.name: getattr(memory, each.name) for each in fields(memory)}


def test_everything_is_remembered_by_the_next_agent(tmp_path):
    with closing(Keeper(tmp_path)) as keeper:
        assert (keeper.memory, keeper.last) == (Memory(), None)
        keeper.change(**members(FULL))
        assert not keeper.is_saved
        keeper.save()
        assert (keeper.is_saved, keeper.unsaved) == (True, None)
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


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "7",
        '{"at": "soon"}',
        "\0" * 512,
        '{"at": "2026-01-01T00:00:00Z", "boot": "x", "uptime_s": NaN, "stopped": false}',
        '{"at": "2026-01-01T00:00:00Z", "boot": "x", "uptime_s": -1e300, "stopped": false}',
        '{"at": "0001-01-01T00:00:00+14:00", "boot": "x", "uptime_s": 1, "stopped": false}',
        '{"at": "0001-01-01T00:00:00Z", "boot": "x", "uptime_s": 1, "stopped": false}',
        "[" * 100_000,
    ],
)
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
        keeper.change(driver="580.95.05")
        keeper.save()
        assert (keeper.is_saved, keeper.unsaved) == (False, "no such file or directory")
        (tmp_path / "gone").mkdir()
        keeper.save()
        assert (keeper.is_saved, keeper.unsaved) == (True, None)


def test_on_a_full_disk_the_room_that_was_kept_takes_the_owners_word(tmp_path, monkeypatch):
    put = private_file.put

    def full(path, data):
        if (tmp_path / "room").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        put(path, data)

    with closing(Keeper(tmp_path)) as keeper:
        keeper.change(driver="1")
        keeper.save()
        assert (tmp_path / "room").stat().st_blocks * 512 >= 256 << 10
        monkeypatch.setattr(private_file, "put", full)
        keeper.change(driver="2")
        keeper.save()
        assert (keeper.is_saved, keeper.unsaved) == (True, None)
    with closing(Keeper(tmp_path)) as keeper:
        assert keeper.memory.driver == "2"


def test_a_disk_without_any_room_is_said(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(private_file, "put", full)
    with closing(Keeper(tmp_path)) as keeper:
        keeper.change(driver="2")
        keeper.save()
        assert (keeper.is_saved, keeper.unsaved) == (False, "the disk is full")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "netmind.agent-state/2"},
        {"overrides": [{"kind": "pause", "at": "2026-01-01T00:00:00"}]},
        {"overrides": [{"kind": "pause", "at": "2026-01-01T00:00:00Z", "until": "2030-01-01T00:00:00"}]},
        {"clocks": {"at": "0001-01-01T00:00:00Z", "boot": "one", "uptime_s": 1.0}},
    ],
)
def test_a_memory_that_cannot_be_is_a_damaged_one(tmp_path, change):
    (tmp_path / "state.json").write_text(json.dumps({"schema": "netmind.agent-state/1"} | change))
    with closing(Keeper(tmp_path)) as keeper:
        assert (keeper.memory, keeper.damaged is None) == (Memory(), False)


def test_a_folder_in_the_memorys_place_is_moved_aside(tmp_path):
    (tmp_path / "state.json").mkdir()
    with closing(Keeper(tmp_path)) as keeper:
        assert "it is a folder" in keeper.damaged
        keeper.change(driver="1")
        keeper.save()
        assert keeper.is_saved
    assert (tmp_path / "state.damaged.json").is_dir()


def test_what_a_killed_agent_left_half_written_is_swept(tmp_path):
    for name in (".state.json.0123456789abcdef", ".policy.toml.0123456789abcdef", ".state.json.mine"):
        (tmp_path / name).touch()
    Keeper(tmp_path).close()
    assert [each.name for each in tmp_path.iterdir()] == [".state.json.mine"]
