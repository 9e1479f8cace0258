import socket
from xml.etree import ElementTree as ET

import pytest


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "here"
    found.mkdir()
    return found


def _saved(folder, ending):
    return sorted(folder.glob(f"netmind-*{ending}"))


def test_sharing_writes_text_and_picture_and_hides_whose_machine_it_is(window, folder):
    live = window(cwd=folder)
    live.shows("devices" if "devices" in live.text else "OFF, no agent")
    live.shows(f" netmind {socket.gethostname()[:8]}")
    live.type("S")
    live.shows("names replaced")
    (text,), (picture,) = _saved(folder, ".txt"), _saved(folder, ".svg")
    assert text.stem == picture.stem
    assert "Overview" in text.read_text()
    ET.parse(picture)  # noqa: S314 - our own file
    for path in (text, picture):
        assert socket.gethostname() not in path.read_text().split()
    live.type("S")
    live.wait(lambda: len(_saved(folder, ".svg")) == 2, "saved a second one beside the first")


def test_where_nothing_can_be_written_it_says_so(window, folder):
    gone = window(cwd=folder)
    gone.shows("OFF, no agent")
    folder.rmdir()
    gone.type("S")
    gone.shows("start netmind-tui in another folder")


def test_the_small_view_shows_three_lines_below_the_prompt(replay):
    small = replay("--inline")
    small.shows("OFF, no agent")
    small.shows("of 8 GPUs")
    small.shows("q quit")
    assert len([line for line in small.screen.display if line.strip()]) == 3
    assert b"\x1b[?1049h" not in small.bytes
    small.type("q")
    assert small.end() == 0
    assert small.is_as_before()
