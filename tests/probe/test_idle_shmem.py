import os
import stat
import struct

import pytest

from netmind_tui.probe.idle_shmem import active_at
from netmind_tui.probe.unheard import Unheard

NOW = 1_800_000_000


@pytest.fixture
def note(tmp_path):
    def write(updated, active):
        path = tmp_path / "idle_detect_shmem"
        path.write_bytes(struct.pack("=qq", NOW + updated, NOW + active))
        return path

    return write


def test_the_last_activity_is_told(note):
    assert active_at(NOW, note(-1, -95)) == NOW - 95


@pytest.mark.parametrize("updated", [-60, 10])
def test_a_note_may_be_a_minute_old_or_ten_seconds_ahead(note, updated):
    assert active_at(NOW, note(updated, -5)) == NOW - 5


@pytest.mark.parametrize(
    ("updated", "sentence"),
    [(-61, "the note of idle_detect is 61 s old"), (11, "the note of idle_detect is of the future")],
)
def test_a_note_that_does_not_hold_is_refused(note, updated, sentence):
    with pytest.raises(Unheard, match=sentence):
        active_at(NOW, note(updated, -5))


def test_a_machine_without_the_service_has_no_note(tmp_path):
    assert active_at(NOW, tmp_path / "none") is None


def test_an_empty_note_and_one_of_nobody_are_refused(tmp_path, note):
    (tmp_path / "empty").touch()
    with pytest.raises(Unheard, match="is empty"):
        active_at(NOW, tmp_path / "empty")
    with pytest.raises(Unheard, match="has seen nobody yet"):
        active_at(NOW, note(0, -NOW))


def test_a_link_in_its_place_is_not_followed(tmp_path, note):
    (tmp_path / "link").symlink_to(note(0, -5))
    with pytest.raises(Unheard, match="cannot be read"):
        active_at(NOW, tmp_path / "link")


@pytest.mark.parametrize(
    ("owner", "mode", "why"),
    [
        (65534, 0o644, "belongs to another user"),
        (0, 0o666, "can be written by others"),
        (0, 0o644, None),
    ],
)
def test_only_a_note_that_nobody_else_can_write_counts(note, monkeypatch, owner, mode, why):
    path = note(0, -5)
    real = os.fstat

    def fstat(descriptor):
        values = list(real(descriptor))
        values[0], values[4], values[5] = stat.S_IFREG | mode, owner, owner
        return os.stat_result(values)

    monkeypatch.setattr("netmind_tui.probe.idle_shmem.os.fstat", fstat)
    monkeypatch.setattr("netmind_tui.probe.idle_shmem.os.geteuid", lambda: 1000)
    if why is None:
        assert active_at(NOW, path) == NOW - 5
        return
    with pytest.raises(Unheard, match=why):
        active_at(NOW, path)
