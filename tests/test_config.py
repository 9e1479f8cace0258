import os
import socket
from pathlib import Path

import pytest

from netmind_tui import paths
from netmind_tui.config import Config, config_path, read_config
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test ever sees the real home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NETMIND_CONFIG", raising=False)
    return tmp_path


def write(home, text):
    path = home / "config/netmind/config.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.skipif("sys.platform != 'linux'", reason="XDG variables are Linux'")
def test_folders_follow_the_variables_and_are_not_made_by_asking(home):
    assert paths.config_dir() == home / "config/netmind"
    assert paths.cache_dir() == home / "cache/netmind"
    assert paths.runs_dir() == home / "state/netmind/runs"
    assert list(home.iterdir()) == []


def test_without_a_file_everything_is_default():
    assert read_config() == Config()


def test_aliases_are_read(home):
    write(home, '[alias]\nbig = "gpu:0"\npair = "gpu:0-1"\n')

    assert read_config().alias == {"big": "gpu:0", "pair": "gpu:0-1"}


def test_the_variable_names_another_file(home, monkeypatch):
    (home / "mine.toml").write_text('alias = {big = "cpu"}')
    monkeypatch.setenv("NETMIND_CONFIG", str(home / "mine.toml"))

    assert config_path() == home / "mine.toml"
    assert read_config().alias == {"big": "cpu"}


def test_a_file_that_was_named_and_is_missing_is_an_error(home, monkeypatch):
    monkeypatch.setenv("NETMIND_CONFIG", str(home / "none.toml"))

    with pytest.raises(Problem, match=r"none\.toml: no such file"):
        read_config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[alias]\nbig = "gpu', "not valid TOML"),
        ("[alias\n", "not valid TOML"),
        (b"\xff\xfe", "not UTF-8"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("alais = {}", "alais is not a key; did you mean alias?"),
        ("zzz = 1", "known: alias"),
        ('alias = "gpu:0"', "alias: expected a table of names, found a string"),
        ("[alias]\nbig = 0", 'alias.big: expected a device such as "gpu:0", found a number'),
        ("[alias]\nbig = true", "found true or false"),
        ("[alias]\nbig = 2026-01-01", "found a date or time"),
        ('[alias]\nbig = "gpu;0"', "alias.big: 'gpu;0' names no device"),
        ('[alias]\nCPU = "gpu:0"', "alias.CPU: cpu always means devices of this machine"),
        ('[alias]\n"a:b" = "gpu:0"', "alias.a:b: a name is one word without colon"),
        ('[alias]\n"a b" = "gpu:0"', "alias.a b: a name is one word without"),
        ('[alias]\n"" = "gpu:0"', "alias: the name for 'gpu:0' is empty"),
        ('[alias]\n"a\\nb" = "gpu:0"', r"alias.'a\nb': a name is one word without"),
        ('[alias]\n"a\\u001b" = 1', r"alias.'a\x1b': expected a device"),
        ('"a\\u001b[31m" = 1', r"'a\x1b[31m' is not a key"),
        ('"" = 1', "'' is not a key"),
        ('[alias]\nbig = "gpu:0,,2"', "alias.big: 'gpu:0,,2': a name is missing beside a comma"),
    ],
)
def test_a_wrong_file_is_a_usage_error_that_names_file_key_and_expectation(home, text, words):
    write(home, text)

    with pytest.raises(Problem) as caught:
        read_config()

    assert caught.value.code is ExitCode.USAGE
    assert caught.value.sentence.startswith(str(home / "config/netmind/config.toml"))
    assert words in caught.value.sentence
    assert caught.value.sentence.isprintable()


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has no such files")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (os.mkdir, "is a folder, not a file"),
        (os.mkfifo, "is a pipe, not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
        (make_socket, "is a socket, not a file"),
    ],
)
def test_what_is_no_file_is_a_usage_error_and_is_not_read(home, monkeypatch, make, words):
    monkeypatch.chdir(home)
    monkeypatch.setenv("NETMIND_CONFIG", "c.toml")
    make(Path("c.toml"))

    with pytest.raises(Problem) as caught:
        read_config()

    assert (caught.value.sentence, caught.value.code) == (f"c.toml: {words}", ExitCode.USAGE)


def test_a_link_to_a_file_is_the_file(home, monkeypatch):
    (home / "real.toml").write_text('alias = {big = "gpu:0,2"}')
    (home / "link.toml").symlink_to(home / "real.toml")
    monkeypatch.setenv("NETMIND_CONFIG", str(home / "link.toml"))

    assert read_config().alias == {"big": "gpu:0,2"}
