import os
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.store import find_run, keep, list_runs, read_run
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
RUN = read_run(RECORDING)
IDS = ("20260101T000000Z-aaaaaa", "20260102T000000Z-bbbbbb", "20260102T000000Z-bbcccc")


@pytest.fixture
def folder(tmp_path):
    """Three kept runs."""
    for day, run_id in enumerate(IDS):
        keep(replace(RUN, run_id=run_id, started_at=f"2026-01-0{day + 1}T00:00:00.000Z"), tmp_path / "runs")
    return tmp_path / "runs"


def ids(listing):
    return [run.run_id for run in listing.runs]


def refused(what, *arguments):
    with pytest.raises(Problem) as caught:
        what(*arguments)
    assert caught.value.code is ExitCode.USAGE
    assert "\n" not in caught.value.sentence
    return caught.value.sentence


def test_what_is_kept_is_read_again(tmp_path):
    assert read_run(keep(RUN, tmp_path)) == RUN


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (RECORDING.read_bytes()[:5000], ("not valid JSON", "netmind.bench/1")),
        (b"", ("is empty", "a run of netmind bench is expected")),
        (b" \n", ("is empty",)),
        (b"\x00\xff", ("not valid JSON",)),
        (b'{"schema": "netmind.info/1"}', ("expected schema netmind.bench/1", "found netmind.info/1")),
        (b'{"name": "other"}', ("expected schema netmind.bench/1", "found none")),
        (b"[1, 2]", ("expected schema netmind.bench/1", "found none")),
        (RECORDING.read_bytes().replace(b"netmind.bench/1", b"netmind.bench/2", 1), ("found netmind.bench/2",)),
        (RECORDING.read_bytes().replace(b'"seed": 7', b'"seed": "x"', 1), ("`$.seed`", "netmind.bench/1")),
        (b'{"schema":' + b"[" * 100_000, ("expected schema netmind.bench/1",)),
    ],
    ids=["truncated", "empty", "blank", "binary", "other", "foreign", "list", "newer", "damaged", "deep"],
)
def test_what_is_no_run_is_refused_by_name_with_what_was_found_and_expected(tmp_path, data, words):
    path = tmp_path / "run.json"
    path.write_bytes(data)
    sentence = refused(read_run, path)
    assert str(path) in sentence
    for word in words:
        assert word in sentence


def test_a_file_that_is_missing_a_folder_or_unreadable_is_refused(tmp_path):
    assert "no such file" in refused(read_run, tmp_path / "missing.json")
    assert "it is a folder" in refused(read_run, tmp_path)
    (tmp_path / "loop.json").symlink_to("loop.json")
    assert "loop.json" in refused(read_run, tmp_path / "loop.json")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_others_may_not_read_is_refused(tmp_path):
    path = keep(RUN, tmp_path)
    path.chmod(0)
    assert "permission denied" in refused(read_run, path)


def test_a_file_larger_than_any_run_is_not_read_whole(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
        file.write(b"{")
    assert "larger than any run" in refused(read_run, path)


def test_runs_are_listed_oldest_first_and_damaged_files_are_told(folder):
    (folder / "0.json").write_text("{")
    (folder / "1.json").mkdir()
    (folder / "notes.txt").write_text("not asked for")
    (folder / ".hidden.json").write_text("{")
    (folder / "gone.json").symlink_to("nowhere")
    listing = list_runs(folder)
    assert ids(listing) == list(IDS)
    assert [any(name in sentence for sentence in listing.damaged) for name in ("0.json", "1.json", "gone.json")] == [
        True
    ] * 3
    assert len(listing.damaged) == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of Unix")
def test_a_pipe_among_the_runs_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe.json")
    assert "pipe.json is no file" in list_runs(folder).damaged[0]


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path):
    assert list_runs(tmp_path / "none").runs == ()
    (tmp_path / "file").write_text("")
    assert "cannot read" in refused(list_runs, tmp_path / "file")


@pytest.mark.parametrize(("name", "found"), [("last", 2), ("last~0", 2), ("last~1", 1), ("last~2", 0)])
def test_the_last_runs_have_names(folder, name, found):
    assert ids(find_run(name, folder)) == [IDS[found]]


def test_there_are_only_so_many_last_runs(folder, tmp_path):
    assert "3 runs are kept" in refused(find_run, "last~3", folder)
    assert "0 runs are kept" in refused(find_run, "last", tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "found"), [(IDS[1], 1), ("20260101", 0), ("20260102T000000Z-bbb", 1), ("20260102T000000Z-bbc", 2)]
)
def test_an_id_or_its_unique_beginning_is_enough(folder, name, found):
    assert ids(find_run(name, folder)) == [IDS[found]]


def test_an_ambiguous_beginning_names_those_it_could_be(folder):
    sentence = refused(find_run, "20260102", folder)
    assert "beginning of 2 runs" in sentence
    assert IDS[1] in sentence
    assert IDS[2] in sentence


def test_an_id_that_is_the_beginning_of_another_is_itself(folder):
    keep(replace(RUN, run_id=IDS[0][:-1]), folder)
    assert ids(find_run(IDS[0][:-1], folder)) == [IDS[0][:-1]]


@pytest.mark.parametrize("name", ["2027", "lats", "", "missing.json", "no/where"])
def test_what_names_nothing_is_refused(folder, name):
    refused(find_run, name, folder)


def test_a_file_and_a_folder_can_be_named(folder):
    assert ids(find_run(str(folder / f"{IDS[1]}.json"), folder)) == [IDS[1]]
    assert ids(find_run(str(folder), folder / "elsewhere")) == list(IDS)


def test_a_folder_without_runs_is_refused_with_what_is_wrong_in_it(tmp_path):
    assert "there is no run" in refused(find_run, str(tmp_path), tmp_path)
    (tmp_path / "a.json").write_text("{")
    assert "a.json is not valid JSON" in refused(find_run, str(tmp_path), tmp_path)
