"""Where a node keeps its certificates: two files each, both or none."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netmind_tui.bench.store import read_run
from netmind_tui.certify import private_file, shelf
from netmind_tui.certify.issue import Terms, issue
from netmind_tui.certify.node_key import make_key, read_key
from netmind_tui.certify.scope import open_scope
from netmind_tui.model.problem import Problem
from netmind_tui.model.redaction import Redactor

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
NOW = datetime(2026, 11, 22, 21, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "certificates"


@pytest.fixture
def make(tmp_path):
    """A certificate of the recorded run, issued at some hour."""
    make_key(tmp_path / "node.pem", "2026-11-22T00:00:00.000Z")
    key = read_key(tmp_path / "node.pem")

    def issued(hour=21):
        terms = Terms(scope=open_scope(None), now=NOW.replace(hour=hour))
        run = read_run(RECORDING)
        return issue(run, terms, key.private, result_name="a.result.json", machine=None, redactor=Redactor())

    return issued


def test_the_newest_comes_first(make, folder):
    for hour in (22, 21, 23):
        shelf.keep(make(hour), "a.json", folder, lambda _: None)
    listing = shelf.list_certificates(folder)
    assert [each.certificate.issued_at[11:13] for each in listing.kept] == ["23", "22", "21"]
    assert listing.damaged == ()


def test_a_shelf_that_is_not_there_is_empty(folder):
    assert shelf.list_certificates(folder).kept == ()
    assert not folder.exists()


def test_whoever_judges_sees_both_files_before_anybody_else_does(make, folder):
    def judge(path):
        assert sorted(each.name for each in path.parent.iterdir()) == ["a.json", "a.result.json"]
        assert shelf.list_certificates(folder).kept == ()
        return "sound"

    path, said = shelf.keep(make(), "a.json", folder, judge)
    assert said == "sound"
    assert path.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, Problem("no", 1), OSError(28, "No space left on device")])
def test_a_judge_who_refuses_leaves_nothing(make, folder, error):
    def judge(_):
        raise error

    with pytest.raises((KeyboardInterrupt, Problem)):
        shelf.keep(make(), "a.json", folder, judge)
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing(make, folder, monkeypatch):
    real = private_file.put

    def full(path, data):
        if path.name == "a.json":  # the second of the two
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(private_file, "put", full)
    with pytest.raises(Problem, match="nothing was certified"):
        shelf.keep(make(), "a.json", folder, lambda _: None)
    assert list(folder.iterdir()) == []


def test_what_is_damaged_is_told_and_the_rest_is_read(make, folder):
    shelf.keep(make(), "a.json", folder, lambda _: None)
    bad, _ = shelf.keep(make(22), "a.json", folder, lambda _: None)
    bad.write_bytes(bad.read_bytes()[:-9])
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe")
    listing = shelf.list_certificates(folder)
    assert len(listing.kept) == 1
    assert len(listing.damaged) == 2
    assert str(bad.parent) in listing.damaged[0]


def test_a_copy_is_readable_as_a_new_file_of_its_owner_is(make, tmp_path):
    before = os.umask(0o027)
    try:
        shelf.copy(make(), tmp_path / "a.json")
    finally:
        os.umask(before)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "a.result.json").stat().st_mode & 0o777 == 0o640


def test_a_copy_replaces_an_older_pair_and_leaves_no_scrap(make, tmp_path):
    shelf.copy(make(), tmp_path / "a.json")
    newer = make(22)
    shelf.copy(newer, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_bytes() == newer.envelope
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_run_that_shows_no_rate_has_no_certificate(make, tmp_path):
    run = replace(read_run(RECORDING), capacity=())
    key = read_key(tmp_path / "node.pem")
    terms = Terms(scope=open_scope(None), now=NOW)
    with pytest.raises(Problem, match="no rate to certify"):
        issue(run, terms, key.private, result_name="a.result.json", machine=None, redactor=Redactor())
