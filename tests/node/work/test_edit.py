"""Changing the owner's file: one workload at a time, every comment kept, and nothing that somebody else wrote lost."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.work.edit import check_place, with_workload, without_workload, write
from netmind_tui.node.work.file import WorkloadsProblem, WorkloadsSource, read_source, source_of

ME = os.geteuid()
TEXT = """# all of mine

# the old one
[workload.boinc]   # since 2004
command = ["boinc"]  # from Debian
# three is enough
nice = 3

# for the summer
[workload."the.other"]
command = [
  "sh",
  "-c",
  "[x]",
]

[workload."the.other".environment]
A = "1"

# last word
"""


def source(text: str = TEXT) -> WorkloadsSource:
    return source_of(Path("w.toml"), text.encode())


def names(found: WorkloadsSource) -> list[str]:
    return [each.name for each in found.workloads]


def test_a_new_one_comes_last_and_every_line_before_stays():
    row = {"command": ["sh", "-c", 'echo "a\\b"\n\x7f é'], "environment": {"B": 'c"'}, "on": False, "grace": "5s"}
    after = with_workload(source(), "new.one", row)
    assert after.text.startswith(TEXT)
    assert names(after) == ["boinc", "the.other", "new.one"]
    new = after.workloads[-1]
    assert new.command == ("sh", "-c", 'echo "a\\b"\n\x7f é')
    assert (new.environment, new.is_on, new.grace_s) == ({"B": 'c"'}, False, 5)


def test_the_first_one_makes_the_file():
    after = with_workload(WorkloadsSource(path=Path("w.toml")), "a", {"command": ["x"]})
    assert after.text == '[workload.a]\ncommand = ["x"]\n'


def test_what_was_added_can_be_taken_out_again():
    before = source()
    assert without_workload(with_workload(before, "c", {"command": ["x"]}), "c").text == before.text


def test_taking_one_out_leaves_the_comments_of_the_others():
    after = without_workload(source(), "boinc").text
    assert after == TEXT.replace(
        '[workload.boinc]   # since 2004\ncommand = ["boinc"]  # from Debian\n# three is enough\nnice = 3\n', ""
    )
    after = without_workload(source(), "the.other").text
    assert after.endswith("nice = 3\n\n# for the summer\n\n# last word\n")


def test_lines_end_as_they_did():
    before = source(TEXT.replace("\n", "\r\n"))
    for after in (with_workload(before, "c", {"command": ["x"]}), without_workload(before, "boinc")):
        assert b"\n" not in after.data.replace(b"\r\n", b"")


@pytest.mark.parametrize("name", ["Boinc", "a/b", ""])
def test_a_name_that_cannot_be_is_not_written(name):
    with pytest.raises(WorkloadsProblem):
        with_workload(source(), name, {"command": ["x"]})


def test_a_name_that_is_there_is_not_written_over():
    with pytest.raises(Problem, match="there is a workload boinc already"):
        with_workload(source(), "boinc", {"command": ["x"]})


def test_a_name_that_is_not_there_is_offered_the_nearest():
    with pytest.raises(Problem, match=r"no workload 'bionc'; did you mean boinc\?"):
        without_workload(source(), "bionc")
    with pytest.raises(Problem, match="there is none at all"):
        without_workload(source(""), "boinc")


@pytest.mark.parametrize(
    "text",
    [
        'workload = { a = { command = ["x"] } }\n',
        'workload.a.command = ["x"]\n',
        '[workload]\na.command = ["x"]\n',
        '[workload.a]\ncommand = ["sh", "-c", """\n[workload.b]\n"""]\n',
    ],
)
def test_a_file_that_is_laid_out_otherwise_is_left_to_its_owner(text):
    with pytest.raises(Problem, match="as this file is laid out: edit it") as found:
        without_workload(source(text), "a")
    assert found.value.code is ExitCode.USAGE


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_a_file_is_replaced_whole_with_its_mode_and_behind_its_link(tmp_path, mode):
    path, link = tmp_path / "real.toml", tmp_path / "link.toml"
    path.write_text(TEXT)
    path.chmod(mode)
    link.symlink_to(path)
    before = read_source(link, ME)
    write(before, without_workload(before, "boinc"))
    assert link.is_symlink()
    assert names(read_source(link, ME)) == ["the.other"]
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.toml", "real.toml"]


def test_what_somebody_wrote_meanwhile_is_not_lost(tmp_path):
    path = tmp_path / "w.toml"
    path.write_text(TEXT)
    before = read_source(path, ME)
    path.write_text("# mine\n")
    with pytest.raises(Problem, match="somebody changed it meanwhile"):
        write(before, without_workload(before, "boinc"))
    assert path.read_text() == "# mine\n"


def test_a_new_file_is_one_that_the_agent_would_read(tmp_path):
    path = tmp_path / "a/b/w.toml"
    before = read_source(path, ME)
    check_place(path, ME)
    old = os.umask(0o002)
    try:
        write(before, with_workload(before, "a", {"command": ["x"]}))
    finally:
        os.umask(old)
    assert names(read_source(path, ME)) == ["a"]
    assert not path.stat().st_mode & 0o022


def test_a_place_that_others_can_fill_is_refused_before_anything_is_made(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(WorkloadsProblem, match=f"chmod go-w {shared}"):
        check_place(shared / "new/w.toml", ME)
    assert not list(shared.iterdir())


@pytest.mark.skipif(ME == 0, reason="root may write everywhere")
def test_a_folder_that_is_closed_to_us_is_said(tmp_path):
    tmp_path.chmod(0o500)
    before = WorkloadsSource(path=tmp_path / "w.toml")
    with pytest.raises(Problem, match="cannot write"):
        write(before, with_workload(before, "a", {"command": ["x"]}))


COMMANDS = ('["x", "[workload.z]", "# no"]', '[\n  "a", # c\n  # d\n  "[b]",\n]', '["""a\n\n"""]')
BESIDE = st.lists(st.sampled_from(["", "  ", "# é", "# [workload.b]", "#"]), max_size=3)
NAMES = st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,4}", fullmatch=True), max_size=4, unique=True)


@st.composite
def files(draw) -> str:
    lines = draw(BESIDE)
    for name in draw(NAMES):
        lines += [f'[workload."{name}"]', f"command = {draw(st.sampled_from(COMMANDS))}", *draw(BESIDE)]
        lines += draw(st.sampled_from([[], ["nice = 3 # n"], [f'[workload."{name}".environment]', "A = 'b'"]]))
        lines += draw(BESIDE)
    return draw(st.sampled_from(["\n", "\r\n"])).join("\n".join(lines).split("\n"))


@settings(max_examples=60)
@given(text=files(), value=st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_whatever_a_file_looks_like_what_was_added_comes_last_and_leaves_no_trace(text, value):
    before = source(text)
    after = with_workload(before, "NEW", {"command": ["x", value], "environment": {"A": value}})
    assert after.workloads[:-1] == before.workloads
    assert (after.workloads[-1].command, after.workloads[-1].environment) == (("x", value), {"A": value})
    assert after.text.startswith(text.rstrip())
    assert without_workload(after, "NEW").text.rstrip() == text.rstrip()
