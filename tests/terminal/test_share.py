import shutil
import socket
import subprocess
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


@pytest.mark.parametrize(("cells", "rows"), [(60, 20), (100, 30), (160, 50)])
def test_no_screen_that_is_shared_tells_whose_machine_it_is(window, folder, tmp_path, nvml_stub, cells, rows):
    uuid, alias = "GPU-5eed0000-0000-4000-8000-000000000000", "alicexyz"
    (tmp_path / "config/netmind/config.toml").write_text(
        f'[alias]\n{alias} = "{uuid}"\n[device."{uuid}"]\nwatts = 300\n'
    )
    job = shutil.copy("/bin/sleep", tmp_path / "alicexyz-job")
    with subprocess.Popen([job, "600"]) as computing:
        known = nvml_stub("busy", busy_pid=computing.pid)
        names = {name: value for name, value in known.items() if name.startswith(("NETMIND_STUB", "LD_"))}
        shown = window(environment=names | {"LOGNAME": alias}, cwd=folder, cells=cells, rows=rows)
        shown.shows("idle" if "idle" in shown.text else "gpu:0")
        seen = []
        for place, keys in enumerate((*"12\t\t3h4567,", "\x1b[B", "\x1b[B"), start=1):
            shown.type(keys)
            for _ in range(6):
                shown.read(0.1)
            seen.append(shown.text)
            shown.type("S")
            shown.wait(lambda place=place: len(_saved(folder, ".svg")) == place, "saved")
        computing.kill()
    private = (alias, uuid[4:12], str(tmp_path), socket.gethostname())
    for what in private[:3]:
        assert any(what in each for each in seen) or cells < 100, f"{what} was never shown: this proves nothing"
    for path in sorted(folder.iterdir()):
        words = path.read_text().replace("<", " ").replace(">", " ").split()
        for what in private:
            assert not [word for word in words if what in word and not word.startswith("http")], path.name


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
