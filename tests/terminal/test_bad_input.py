"""What the interface is given that it cannot work with, in a terminal: one sentence, and nothing obeyed."""

import gzip
import json
import os
import resource
import signal
import sys
from pathlib import Path

import pytest

RECORDING = Path(__file__).parents[1] / "recordings/h100x8.jsonl"
LINES = RECORDING.read_bytes().splitlines(keepends=True)
WHOLE = b"".join(LINES)
EVIL = "\x1b]52;c;ZXZpbA==\x07\x1b[31m\u202eEVIL"


@pytest.fixture
def recording(tmp_path):
    """A file with these bytes."""

    def made(data):
        path = tmp_path / "given.jsonl"
        path.write_bytes(data)
        return path

    return made


def _refused(window):
    """The one sentence of a window that never took the terminal."""
    assert window.end() == 2
    assert b"\x1b" not in window.bytes
    said = window.bytes.decode()
    assert said.startswith("netmind-tui: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\0" * 4096, "line 1 is not valid JSON"),
        (bytes(range(256)) * 9, "line 1 is not valid JSON"),
        (LINES[0][:100], "line 1 is not valid JSON"),
        (b'{"schema":"netmind.run/1"}\n', "found netmind.run/1"),
        (b'{"schema":"netmind.recording/9"}\n', "a newer netmind wrote it"),
        (b"[" * 100_000, "line 1"),
        (b"x" * (5 << 20), "more than 4 MiB"),
        (gzip.compress(WHOLE)[:15], "damaged or cut short"),
    ],
    ids=["empty", "zeros", "binary", "cut", "another document", "newer", "deep", "long", "compressed"],
)
def test_a_foreign_or_truncated_recording_is_one_sentence(window, recording, data, words):
    assert words in _refused(window("--replay", recording(data)))


def test_what_stands_in_a_file_is_not_obeyed_in_the_sentence_about_it(window, recording):
    header = json.dumps({"schema": f"netmind.recording/1{EVIL}"}).encode()
    assert "EVIL" in _refused(window("--replay", recording(header + b"\n")))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("", "names no host"),
        ("rig 4", "a host's name"),
        ("rig4,;reboot", "a host's name"),
        ("@nothing", "no such file"),
    ],
)
def test_what_is_no_host_is_one_sentence(window, names, words):
    assert words in _refused(window("--host", names))


def test_a_folder_and_nothing_are_no_recordings(window, tmp_path):
    assert "it is a folder" in _refused(window("--replay", tmp_path))
    assert "no such file" in _refused(window("--replay", tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"".join(LINES[:4]) + b"{}\n", "line 5"),
        (b"".join(LINES[:4]) + LINES[4][:50], "cut short"),
        (gzip.compress(WHOLE)[:-400], "damaged or cut short"),
        (LINES[0], "has no further sample"),
    ],
    ids=["damaged", "cut", "compressed", "none"],
)
def test_a_recording_that_is_damaged_later_ends_there_with_its_sentence(window, recording, data, words):
    shown = window("--replay", recording(data))
    shown.shows(words)
    shown.shows("ended")
    shown.type("q")
    assert shown.end() == 0


def test_names_in_a_recording_are_shown_and_not_obeyed(window, recording):
    header = json.loads(LINES[0])
    header["host"]["hostname"] = EVIL
    for device in header["devices"]:
        device["name"] = EVIL
    shown = window("--replay", recording(b"\n".join([json.dumps(header).encode(), *LINES[1:]])))
    shown.shows("EVIL")
    shown.type("2")
    shown.shows("what it is")
    shown.type("/")
    shown.shows("Device gpu:0")
    for obeyed in (b"\x1b]52", b"\x1b[31m", "\u202e".encode()):
        assert obeyed not in shown.bytes
    corners = {line.rstrip()[-1:] for line in shown.text.splitlines()[2:-1]}
    assert corners <= set("╮│╯┤")  # and every box is closed where it should be


def test_moments_that_jump_to_and_fro_are_replayed(window, recording):
    moments = ("2026-11-22T14:00:00.000Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-22T14:00:00+14:00")
    samples = [json.loads(line) | {"at": moments[place % 4]} for place, line in enumerate(LINES[1:])]
    header = json.loads(LINES[0]) | {"interval_s": 0.05}
    shown = window("--replay", recording("\n".join(map(json.dumps, [header, *samples])).encode() + b"\n"))
    shown.shows("has no further sample")
    shown.shows("lost")
    shown.type("q")
    assert shown.end() == 0


def test_a_recording_comes_through_a_pipe(window, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    shown = window("--replay", pipe)
    pipe.write_bytes(WHOLE)
    shown.shows("gpu:3")
    shown.shows("idle")
    shown.type("q")
    assert shown.end() == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".", "it is a folder"),
        ("no/such/file", "its folder is not there"),
        ("here", "is there already: give another name\r\n"),
        ("/dev/tty", "it is a terminal"),
    ],
)
def test_where_nothing_can_be_recorded_it_refuses_at_once(window, tmp_path, name, words):
    (tmp_path / "here").write_text("mine")
    assert words in _refused(window("--record", tmp_path / name))
    assert (tmp_path / "here").read_text() == "mine"


def _small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))


@pytest.mark.parametrize("name", ["kept.jsonl", "/dev/full"])
def test_a_disk_that_fills_up_ends_the_recording_and_not_the_view(window, tmp_path, name):
    path = tmp_path / name
    shown = window("--record", path, prepare=_small_files)
    shown.shows("the recording ended: cannot write")
    shown.shows("not recorded")
    shown.type("4")
    shown.shows("the coming week")
    shown.shows("not recorded")
    shown.type("q")
    assert shown.end() == 2
    last = shown.bytes[shown.bytes.rfind(b"\x1b[?") :].decode()
    assert "netmind-tui: the recording ended: cannot write" in last
    if path.is_file():
        for line in path.read_text().splitlines():
            json.loads(line)  # what it holds is whole


def test_a_broken_configuration_starts_on_defaults_and_is_not_overwritten(window, tmp_path):
    path = tmp_path / "config/netmind/config.toml"
    path.write_text('[tui]\ntheme = "drak"\n')
    shown = window()
    shown.shows("tui.theme")
    shown.shows("did you mean dark?")
    shown.type(",")
    shown.type("\r")
    shown.shows("mend the file first")
    shown.type("q")
    assert shown.end() == 0
    assert path.read_text() == '[tui]\ntheme = "drak"\n'


def test_an_unknown_theme_offers_the_nearest(window):
    assert "did you mean dark?" in _refused(window("--theme", "drak"))


_SOON = (
    "from netmind_tui.probe.gpu import GpuProbe;"
    "GpuProbe.__init__.__kwdefaults__.update(retry_s=1.0);"
    "from netmind_tui.entry import netmind_tui; netmind_tui()"
)


@pytest.fixture
def card(window, nvml_stub, tmp_path):
    """A window that watches four GPUs, and a file as long as which the third is lost or hangs; asked again soon."""

    def open_card(what):
        trouble = tmp_path / "trouble"
        known = nvml_stub("h100x8", count=4, **{f"{what}_index": 2, f"{what}_while": trouble})
        names = {name: value for name, value in known.items() if name.startswith(("NETMIND_STUB", "LD_"))}
        shown = window(environment=names, command=(sys.executable, "-c", _SOON))
        shown.wait(lambda: shown.text.count("idle") >= 4, "showed four GPUs")
        return shown, trouble

    return open_card


def _row(window, device):
    return next((line for line in window.text.splitlines() if f" {device} " in line and "°C" in line), "")


def test_a_gpu_that_is_lost_says_so_and_comes_back(card):
    shown, trouble = card("lost")
    trouble.touch()
    shown.wait(lambda: "has fallen off the bus, for" in _row(shown, "gpu:2"), "said that it is lost")
    assert "idle" in _row(shown, "gpu:3")
    trouble.unlink()
    shown.wait(lambda: "idle" in _row(shown, "gpu:2"), "came back")


def test_a_hung_driver_says_for_how_long_and_the_rest_lives(card):
    shown, trouble = card("hang")
    trouble.touch()
    shown.wait(lambda: "has not answered" in _row(shown, "gpu:2"), "said that it does not answer")
    before = _row(shown, "gpu:2")
    shown.wait(lambda: _row(shown, "gpu:2") not in ("", before), "said for how long")
    assert "idle" in _row(shown, "gpu:3")
    shown.type("4")
    shown.shows("the coming week")
    shown.type("1")
    trouble.unlink()
    shown.wait(lambda: "idle" in _row(shown, "gpu:2"), "came back")
    shown.type("q")
    assert shown.end() == 0
