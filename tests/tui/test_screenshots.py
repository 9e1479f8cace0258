"""The pictures in the repository are what the screens look like now."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.bench_page import CHOOSE, HISTORY, RESULT, ROOFLINE, RUNNING
from netmind_tui.tui.bench_state import PageTurned
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.message import Went
from netmind_tui.tui.picture import plain, width
from netmind_tui.tui.state import reduce

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/screenshots.py"
PICTURES = sorted((ROOT / "assets/screens").glob("*.svg"))


def test_the_pictures_in_the_repository_are_what_is_drawn_now():
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_picture_that_is_missing_changed_or_of_nothing_is_found(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(SCRIPT.parent)
    script = importlib.import_module("screenshots")
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    for name, content in {"same.svg": "1", "other.svg": "2", "old.svg": "3"}.items():
        (tmp_path / name).write_text(content)
    assert script._check({"same.svg": "1", "other.svg": "4", "new.svg": "5"}) == 1
    said = capsys.readouterr().out
    assert [line.partition(" ")[0] for line in said.splitlines()] == ["new.svg", "old.svg", "other.svg", "run"]
    assert script._check({"same.svg": "1", "other.svg": "2", "old.svg": "3"}) == 0


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_needs_nothing_but_itself_and_says_that_it_is_simulated(path):
    content = path.read_text(encoding="utf-8")
    ET.fromstring(content)  # noqa: S314 - our own
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", content)
    assert not re.search(r"<script|<image|@import|url\(", content)
    assert "SIMULATED" in content


@pytest.fixture(scope="module")
def shown():
    """The state of the demo that is drawn, and that while it was measured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPT.parent)
        script = importlib.import_module("screenshots")
    return script.played(script.AT_S), script.measuring(script.played(script.MEASURING_AT_S))


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=lambda glyphs: glyphs.name)
@pytest.mark.parametrize("page", [CHOOSE, RUNNING, RESULT, HISTORY, ROOFLINE])
def test_every_page_of_the_benchmarks_of_eight_gpus_fits_every_size(shown, page, glyphs):
    idle, busy = shown
    state = busy if page == RUNNING else reduce(reduce(idle, Went("bench")), PageTurned(page))
    for cells, rows in ((60, 20), (80, 24), (100, 30), (120, 40), (200, 50)):
        lines = picture(state, Size(cells, rows), glyphs, read_keymap({}))
        assert len(lines) == rows
        assert {width(line) for line in lines} == {cells}, (cells, rows)
        words = "\n".join(map(plain, lines))
        assert not re.search(r"\b(None|nan|inf)\b", words)
        assert glyphs is UNICODE or words.isascii()
