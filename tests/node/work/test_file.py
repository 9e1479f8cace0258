"""The owner's file of workloads: nothing runs that somebody else could have written, and no fault hides another."""

import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.workload import Instances, Restart, WorkKind, Workload
from netmind_tui.node.work.file import WorkloadsProblem, read_draft, read_workloads, source_of
from netmind_tui.node.work.value import SIGNS

ROOT = os.geteuid() == 0
ME = os.geteuid()
STRANGER = 4242
needs_root = pytest.mark.skipif(not ROOT, reason="only root gives files away")

WHOLE = """
[workload.boinc]
command = ["boinc", "--dir", "/var/lib/boinc"]
devices = ["cpu"]
instances = "one"
folder = "/srv/boinc"
environment = { A = "b" }
grace = "30s"
longest = "2h"
lead = "5m"
nice = 10
memory = "8 GiB"
restart = "on-failure"
on = false
suspend = ["boinccmd", "--set_run_mode", "never"]
resume = ["boinccmd", "--set_run_mode", "auto"]
finish = ["boinccmd", "--project", "http://a.b/", "nomorework"]
stop = ["boinccmd", "--quit"]
health = ["boinccmd", "--get_state"]
health_every = "2m"
health_timeout = "5s"
log = "64 KiB"
logs = 2

[workload.llm]
container = "podman"
image = "ghcr.io/name/image@sha256:0123"
options = ["--device", "nvidia.com/gpu={uuid}"]
command = ["serve"]

[workload.service]
unit = "boinc-client.service"
manager = "user"
"""


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "own" / "workloads.toml"
    path.parent.mkdir(mode=0o700)
    path.write_text('[workload.a]\ncommand = ["true"]\n')
    path.chmod(0o600)
    return path


def faults(text: str | bytes) -> list[str]:
    """What is wrong with a file, without its name."""
    with pytest.raises(WorkloadsProblem) as found:
        source_of(Path("w.toml"), text.encode() if isinstance(text, str) else text)
    assert found.value.code is ExitCode.USAGE
    assert all(each.startswith("w.toml: ") for each in found.value.faults)
    return [each.removeprefix("w.toml: ") for each in found.value.faults]


def refused(path: Path, uid: int = ME) -> tuple[str, ...]:
    with pytest.raises(WorkloadsProblem) as found:
        read_workloads(path, uid)
    return found.value.faults


def test_every_key_of_the_file_is_read():
    boinc, llm, service = source_of(Path("w.toml"), WHOLE.encode()).workloads
    assert boinc == Workload(
        name="boinc",
        command=("boinc", "--dir", "/var/lib/boinc"),
        devices=("cpu",),
        instances=Instances.ONE,
        folder="/srv/boinc",
        environment={"A": "b"},
        grace_s=30,
        longest_s=7200,
        lead_s=300,
        nice=10,
        memory_bytes=8 << 30,
        restart=Restart.ON_FAILURE,
        is_on=False,
        suspend=("boinccmd", "--set_run_mode", "never"),
        resume=("boinccmd", "--set_run_mode", "auto"),
        finish=("boinccmd", "--project", "http://a.b/", "nomorework"),
        stop=("boinccmd", "--quit"),
        health=("boinccmd", "--get_state"),
        health_every_s=120,
        health_timeout_s=5,
        log_bytes=64 << 10,
        logs=2,
    )
    assert llm == Workload(
        name="llm",
        kind=WorkKind.CONTAINER,
        runtime="podman",
        image="ghcr.io/name/image@sha256:0123",
        options=("--device", "nvidia.com/gpu={uuid}"),
        command=("serve",),
    )
    assert service == Workload(
        name="service",
        kind=WorkKind.UNIT,
        unit="boinc-client.service",
        is_user_unit=True,
        instances=Instances.ONE,
    )


def test_the_order_of_the_file_is_kept():
    text = "".join(f'[workload.{name}]\ncommand = ["x"]\n' for name in ("z", "a", "m"))
    assert [each.name for each in source_of(Path("w.toml"), text.encode()).workloads] == ["z", "a", "m"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[workload]\n", "\ufeff"])
def test_a_file_that_names_none_is_none(text):
    assert source_of(Path("w.toml"), text.encode()).workloads == ()


def test_no_file_is_no_workload(tmp_path):
    assert read_workloads(tmp_path / "none.toml", ME) == ()
    assert read_workloads(tmp_path / "no/folder/none.toml", ME) == ()
    with pytest.raises(WorkloadsProblem, match="no such file"):
        read_draft(tmp_path / "none.toml")


def test_ones_own_file_is_read(file):
    assert [each.name for each in read_workloads(file, ME)] == ["a"]


@needs_root
def test_roots_file_may_define_what_runs_as_somebody_else(file):
    file.chmod(0o644)
    assert len(read_workloads(file, STRANGER)) == 1


@pytest.mark.parametrize(("mode", "who"), [(0o620, "its group"), (0o602, "everybody"), (0o666, "everybody")])
def test_a_file_that_others_can_write_is_refused_with_the_command_that_mends_it(file, mode, who):
    file.chmod(mode)
    (sentence,) = refused(file)
    assert sentence == f"{file}: can be written by {who} (mode {mode:04o}): chmod go-w {file}"
    os.system(sentence.rpartition(": ")[2])  # noqa: S605 - the command that it offers
    assert len(read_workloads(file, ME)) == 1


@pytest.mark.parametrize("depth", [0, 1])
def test_a_folder_on_the_way_that_others_can_fill_is_refused(file, depth):
    folder = file.parents[depth]
    before = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(0o775)
    (sentence,) = refused(file)
    assert sentence == f"{file}: the folder {folder} can be filled by its group (mode 0775): chmod go-w {folder}"
    folder.chmod(before)
    assert len(read_workloads(file, ME)) == 1


def test_in_a_shared_folder_with_the_sticky_bit_nobody_takes_away_what_is_ours(file):
    file.parent.chmod(0o1777)
    assert len(read_workloads(file, ME)) == 1


@needs_root
@pytest.mark.parametrize("sticky", [False, True])
def test_a_file_of_somebody_else_is_refused_wherever_it_lies(file, sticky):
    if sticky:
        file.parent.chmod(0o1777)
    os.chown(file, STRANGER, STRANGER)
    (sentence,) = refused(file, ME)
    assert "belongs to user 4242" in sentence
    assert sentence.endswith(f"sudo chown root {file}")


@needs_root
def test_a_folder_of_somebody_else_is_refused(file):
    os.chown(file.parent, STRANGER, STRANGER)
    (sentence,) = refused(file, ME)
    assert f"the folder {file.parent} belongs to user 4242" in sentence
    assert read_workloads(file, STRANGER)


def test_every_step_that_lets_others_in_is_told_at_once(file):
    file.chmod(0o666)
    file.parent.chmod(0o777)
    assert len(refused(file)) == 2


def test_a_link_leads_to_the_file_and_the_way_there_counts(file, tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    assert len(read_workloads(link, ME)) == 1
    file.chmod(0o602)
    assert f"chmod go-w {file}" in refused(link)[0]
    file.chmod(0o600)
    file.parent.chmod(0o777)
    assert f"the folder {file.parent} can be filled" in refused(link)[0]


def test_a_folder_that_is_a_link_in_a_place_of_others_is_refused(file, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "own").symlink_to("../own")
    assert len(read_workloads(shared / "own" / file.name, ME)) == 1
    shared.chmod(0o777)
    assert f"the folder {shared} can be filled" in refused(shared / "own" / file.name)[0]


@needs_root
def test_a_link_that_somebody_else_made_is_refused(file, tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    (sentence,) = refused(link)
    assert f"the link {link} belongs to user 4242" in sentence
    assert f"--no-dereference root {link}" in sentence


def test_a_link_to_nothing_and_links_in_a_circle_are_said(tmp_path):
    gone, one, two = (tmp_path / name for name in ("gone", "one", "two"))
    gone.symlink_to("nowhere.toml")
    one.symlink_to(two)
    two.symlink_to(one)
    assert refused(gone) == (f"{gone}: is a link to nowhere.toml, where nothing is",)
    assert "too many levels" in refused(one)[0]


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe") == (f"{tmp_path / 'pipe'}: is not a file; a file of workloads is expected",)
    assert refused(tmp_path) == (f"{tmp_path}: is a folder; a file of workloads is expected",)
    (tmp_path / "f").write_text("")
    assert "not a directory" in refused(tmp_path / "f" / "w.toml")[0]


@pytest.mark.skipif(ROOT, reason="root may read everything")
def test_a_file_that_is_closed_to_us_is_said(file):
    file.chmod(0)
    assert "cannot be read: permission denied" in refused(file)[0]


@pytest.mark.parametrize("length", [10 << 20, (1 << 20) + 1])
def test_a_file_of_megabytes_is_not_read_to_its_end(file, length):
    file.write_bytes(b"#" * length)
    assert refused(file) == (f"{file}: is larger than 1 MiB: those are no workloads",)


def test_what_is_no_text_is_said():
    assert faults(bytes(range(256))) == ["is not UTF-8 text (byte 128); save it as UTF-8"]
    assert "is not valid TOML" in faults(b"\x00\x01\x02")[0]


@pytest.mark.parametrize(
    "text", ["[workload.a", '[workload.a]\ncommand = ["x"', '[workload.a]\ncommand = ["x]\n', "a = " + "[" * 5000]
)
def test_a_file_that_was_cut_off_is_said(text):
    (sentence,) = faults(text)
    assert sentence.startswith("is not valid TOML: ")
    assert sentence.isprintable()


def test_all_faults_are_told_at_once_with_their_keys_and_what_mends_them():
    found = faults("""
zone = "UTC"
[workload."a/b"]
command = "boinc '/a b'"
grace = "1h"
nice = -5
comand = ["x"]
[workload.two]
devices = ["gpu:x"]
memory = 8
logs = 0
[workload.Two]
command = []
""")
    assert found == [
        "zone: is not a key; known: workload",
        f"workload.a/b: expected a name of {SIGNS}, found 'a/b'",
        """workload.a/b.command: expected a list of words, found "boinc '/a b'"; write ["boinc", "/a b"]""",
        "workload.a/b.grace: expected a length of time of at most 5m, found '1h'",
        "workload.a/b.nice: expected a whole number, the niceness, from 0 to 19, found -5",
        "workload.a/b.comand: is not a key; did you mean command or on?",
        "workload.two.devices: 'gpu:x' names no device; did you mean gpu:0 or gpu or gpu:0-3?",
        'workload.two.memory: expected "24 GiB" or the like, found 8 without a unit',
        "workload.two.logs: expected a whole number, of files, from 1 to 100, found 0",
        "workload.two.command: is missing: a program, or container or unit in its place",
        'workload.Two.command: names no program; a list such as ["/usr/bin/boinc"] is expected',
        "workload.Two: is told from 'two' by capitals alone: give one another name",
    ]


@pytest.mark.parametrize(
    "name",
    ['""', '"a b"', '".."', '"../../etc"', '"a\\u001b[2J"', '"a\\u0000"', '"é"', '"a@gpu:0"', f'"{"a" * 65}"', '"-x"'],
)
def test_a_name_that_would_be_a_path_an_option_or_a_trick_is_refused(name):
    (sentence,) = faults(f'[workload.{name}]\ncommand = ["x"]\n')
    assert "expected a name of letters" in sentence
    assert sentence.isprintable()


def only(lines: str) -> str:
    """The one fault of a workload with these lines."""
    (sentence,) = faults(f"[workload.a]\n{lines}\n")
    return sentence.removeprefix("workload.a")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("command = 3", ".command: expected a list of words such as"),
        ('command = ["x", 3]', '.command: word 2: expected text, found 3; write it in quotes, "3"'),
        ('command = [""]', ".command: the first word is empty: it is the program"),
        ('command = ["x", "a\\u0000b"]', ".command: word 2: has a NUL, which no process can be given"),
        (f'command = ["x", "{"a" * 140_000}"]', ".command: word 2: is longer than 131071 bytes"),
        ('command = ["x"]\nenvironment = { A = "a\\u0000b" }', ".environment: A: has a NUL"),
        ('command = ["x"]\nenvironment = { "A=B" = "c" }', ".environment: 'A=B' is no name of a variable"),
        (
            'command = ["x"]\nenvironment = { N = 3 }',
            ".environment: N: expected text; write it in quotes",
        ),
        ('command = ["x"]\nenvironment = { NETMIND_X = "" }', ".environment: NETMIND_X is set by the agent"),
        ('command = ["x"]\nenvironment = { CUDA_VISIBLE_DEVICES = "0" }', ".environment: CUDA_VISIBLE_DEVICES is set"),
        ('command = ["x"]\nenvironment = ["A=b"]', ".environment: expected a table such as"),
        ('command = ["x"]\nfolder = "~/work"', ".folder: expected a folder from the root on"),
        ('command = ["x"]\nfolder = "work"', ".folder: expected a folder from the root on"),
        ('command = ["x"]\ngrace = 20', '.grace: expected a length of time such as "10m"'),
        ('command = ["x"]\nlongest = "0s"', ".longest: expected a length of time from 1s to 7d"),
        ('command = ["x"]\ndevices = []', ".devices: an empty list names no device"),
        ('command = ["x"]\ninstances = "two"', ".instances: expected 'per-device' or 'one'"),
        ('command = ["x"]\nrestart = true', ".restart: expected 'always' or 'on-failure' or 'never'"),
        ('command = ["x"]\non = "yes"', ".on: expected true or false"),
        ('command = ["x"]\nlog = "1 B"', ".log: expected a size from 4 KiB to 1 GiB"),
        ('command = ["x"]\nsuspend = ["y"]', ".resume: is missing: without it nothing goes on after suspend"),
        ('command = ["x"]\nfinish = ["y"]', ".resume: is missing: without it nothing goes on after finish"),
        ('command = ["x"]\nresume = ["y"]', ".resume: there is neither suspend nor finish"),
        ('command = ["x"]\nhealth_every = "1m"', ".health: is missing: health_every says when it is asked"),
        ('command = ["x"]\nimage = "a"', ".image: is a container's: add container = 'podman' or 'docker'"),
        ('command = ["x"]\nmanager = "user"', ".manager: is a unit's: add unit = 'NAME.service'"),
        ('container = "podman"', ".image: is missing: a container is made of one"),
        ('container = "lxc"\nimage = "a"', ".container: expected 'docker' or 'podman'"),
        ('container = "docker"\nimage = "--privileged"', ".image: expected an image such as"),
        (
            'container = "docker"\nimage = "a"\noptions = ["-itd"]',
            ".options: '-itd' is the agent's to say: take it out",
        ),
        ('container = "docker"\nimage = "a"\noptions = ["--name=x"]', ".options: '--name=x' is the agent's to say"),
        ('container = "docker"\nimage = "a"\nunit = "a.service"', ".unit: this is a container already"),
        (
            'unit = "boinc"',
            ".unit: expected a service such as 'boinc-client.service', found 'boinc'; did you mean boinc",
        ),
        ('unit = "--force.service"', ".unit: expected a service"),
        ('unit = "a.timer"', ".unit: expected a service"),
        ('unit = "netmind-agent.service"', ".unit: netmind-agent.service is the agent itself"),
        ('unit = "a.service"\ncommand = ["x"]', ".command: is a program's or a container's, and this is a unit"),
        ('unit = "a.service"\nnice = 3', ".nice: is the unit's own affair"),
        ('unit = "a.service"\nmanager = "root"', ".manager: expected 'system' or 'user'"),
        ('unit = "a.service"\ninstances = "per-device"', ".instances: a unit runs once"),
    ],
)
def test_each_wrong_value_has_its_sentence(lines, sentence):
    assert only(lines).startswith(sentence)


def test_units_of_a_template_run_once_a_device():
    found = source_of(Path("w"), b'[workload.a]\nunit = "work@{index}.service"\n').workloads[0]
    assert found.instances is Instances.PER_DEVICE


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[workload]]\n", "workload: expected a table with a name such as [workload.boinc], found one in double"),
        ("workload = 3\n", "workload: expected a table with a name such as [workload.boinc], found 3"),
        ('[workload]\ncommand = ["x"]\n', "workload.command: expected a table, found a list: a name is missing, as in"),
        ('[workloads.a]\ncommand = ["x"]\n', "workloads: is not a key; did you mean workload?"),
    ],
)
def test_a_table_that_is_laid_out_otherwise_is_said(text, sentence):
    assert faults(text)[0].startswith(sentence)


def test_more_than_anybody_means_is_not_read():
    text = "".join(f'[workload.w{number}]\ncommand = ["x"]\n' for number in range(101))
    assert faults(text) == ["workload: 100 are read at most, found 101"]
    found = faults("".join(f"k{number} = 1\n" for number in range(300)))
    assert len(found) == 51
    assert found[-1] == "250 more faults"


def test_words_of_a_command_stay_what_they_are():
    text = """[workload.a]\ncommand = ["sh", "-c", 'for i in 1 2; do\\techo "{x}"; done\\n', "$HOME", "é"]\n"""
    found = source_of(Path("w"), text.encode()).workloads[0]
    assert found.command == ("sh", "-c", 'for i in 1 2; do\\techo "{x}"; done\\n', "$HOME", "é")
    assert replace(found, command=()) == Workload(name="a")


def test_a_secret_that_was_written_wrongly_is_not_told():
    for line in (
        'environment = "TOKEN=hunter2"',
        "environment = { TOKEN = 4242 }",
        'environment = { TOKEN = ["hunter2"] }',
    ):
        said = only(f'command = ["x"]\n{line}')
        assert said.startswith(".environment: ")
        assert not {"hunter2", "4242"} & set(re.split(r"\W+", said))
