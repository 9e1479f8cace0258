"""Whether workloads could run here: what would keep each from it is found before an agent tries."""

import os
from pathlib import Path

import pytest

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work.check import check
from netmind_tui.node.work.user import User, path_of, this_user, user_of

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root gives files away")
DEVICES = (Device(id="gpu:0", kind=DeviceKind.GPU), Device(id="cpu", kind=DeviceKind.CPU))
ANA = User(uid=4242, gids=frozenset({4242}))


@pytest.fixture
def bin_folder(tmp_path) -> Path:
    """A folder with a program, which everybody may run and only its owner may write."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "job"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return folder


def found(workload: Workload, user: User | None = None, path: str = "/usr/bin:/bin", answer: str | None = "loaded\n"):
    """What is found of a workload, that root runs it left out."""
    asked = []

    def ask(words):
        asked.append(words)
        return answer

    findings = check([workload], user or this_user(), DEVICES, ask=ask, path=path)
    return [each for each in findings if each.id != "workload-root"]


def ids(workload: Workload, user: User | None = None, **options) -> list[str]:
    return [each.id.removeprefix("workload-") for each in found(workload, user, **options)]


def job(*words: str, **more) -> Workload:
    return Workload(name="a", command=words, **more)


def test_a_program_that_is_there_is_said_with_its_place():
    (ready,) = found(job("sh", "-c", "true", devices=("cpu",), folder="/"))
    assert (ready.id, ready.status) == ("workload-ready", Status.PASS)
    assert ready.title.startswith("a: /usr/bin/sh can run as ") or ready.title.startswith("a: /bin/sh can run as ")


@pytest.mark.parametrize("word", ["no-such-program-anywhere", "/no/such/program", "./job"])
def test_a_program_that_is_nowhere_is_a_failure_with_what_mends_it(word):
    (finding,) = found(job(word))
    assert (finding.id, finding.status) == ("workload-command-missing", Status.FAIL)
    assert repr(word) in finding.title
    assert finding.remediation


def test_a_program_is_looked_for_where_the_definition_says(bin_folder):
    assert ids(job("job")) == ["command-missing"]
    assert ids(job("job"), path=str(bin_folder)) == ["ready"]
    assert ids(job("job", environment={"PATH": str(bin_folder)})) == ["ready"]
    assert ids(job("./job", folder=str(bin_folder))) == ["ready"]


def test_a_program_that_may_not_be_run_is_a_failure(bin_folder):
    (bin_folder / "job").chmod(0o644)
    assert ids(job(str(bin_folder / "job"))) == ["command-refused"]
    assert ids(job(str(bin_folder))) == ["command-refused"]


@needs_root
def test_a_program_is_run_as_the_agents_user_and_not_as_ours(bin_folder, tmp_path):
    program = job(str(bin_folder / "job"))
    assert ids(program) == ["ready"]
    assert ids(program, ANA) == ["command-refused"]  # tests' folders are their owner's alone
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(0o711)
    assert ids(program, ANA) == ["ready"]
    (bin_folder / "job").chmod(0o750)
    assert ids(program, ANA) == ["command-refused"]
    os.chown(bin_folder / "job", 0, 4242)
    assert ids(program, ANA) == ["ready"]
    os.chown(bin_folder / "job", 4242, 0)
    assert ids(program, ANA) == ["ready"]


def test_a_script_whose_interpreter_is_gone_is_a_failure(bin_folder):
    (bin_folder / "job").write_text("#!/opt/gone/python3 -u\n")
    (finding,) = found(job(str(bin_folder / "job")))
    assert "'/opt/gone/python3', which is not there" in finding.title


@pytest.mark.parametrize(("mode", "status"), [(0o757, Status.FAIL), (0o775, Status.WARN)])
@pytest.mark.parametrize("what", ["job", "."])
def test_a_program_that_others_could_replace_is_found(bin_folder, mode, status, what):
    (bin_folder / what).chmod(mode)
    for workload in (job(str(bin_folder / "job")), job("sh", str(bin_folder / "job"))):
        (finding,) = found(workload)
        assert (finding.id, finding.status) == ("workload-command-writable", status)
        assert finding.remediation == f"chmod go-w {bin_folder / what}"


@needs_root
def test_a_program_of_a_stranger_is_found(bin_folder):
    os.chown(bin_folder / "job", 4343, 4343)
    (finding,) = found(job(str(bin_folder / "job")))
    assert finding.status is Status.WARN
    assert "belongs to user 4343" in finding.title


@pytest.mark.parametrize("key", ["suspend", "resume", "finish", "stop", "health"])
def test_the_programs_beside_it_are_looked_for_too(key):
    assert ids(job("sh", **{key: ("no-such-program",)})) == [f"{key}-missing"]


def test_a_folder_must_be_there_and_be_one(tmp_path):
    assert ids(job("sh", folder=str(tmp_path))) == ["ready"]
    (finding,) = found(job("sh", folder=str(tmp_path / "gone")))
    assert (finding.id, finding.remediation) == ("workload-folder-missing", f"mkdir -p {tmp_path / 'gone'}")
    (tmp_path / "file").write_text("")
    assert ids(job("sh", folder=str(tmp_path / "file"))) == ["folder-missing"]
    assert ids(job("sh", folder="{folder}/own")) == ["ready"]


@needs_root
def test_a_folder_must_let_the_agents_user_in(tmp_path):
    (tmp_path / "own").mkdir(mode=0o700)
    assert ids(job("/bin/sh", folder=str(tmp_path / "own")), ANA) == ["folder-refused"]


def test_an_agent_of_the_system_sees_no_home_and_writes_nowhere_else():
    confined = User(uid=os.geteuid(), gids=frozenset(), is_confined=True)
    assert ids(job("sh", folder="/root"), confined) == ["folder-hidden"]
    assert ids(job("sh", folder="/usr"), confined) == ["folder-read-only"]
    assert ids(job("sh", folder="/var/tmp"), confined) == ["ready"]  # noqa: S108 - the unit's own


def test_devices_that_are_not_here_are_said():
    assert ids(job("sh", devices=("gpu", "cpu"))) == ["ready"]
    (finding,) = found(job("sh", devices=("gpu:7",)))
    assert (finding.id, finding.status) == ("workload-device-missing", Status.WARN)
    assert "gpu:7 is not here now, so that it runs nowhere" in finding.title
    (finding,) = found(job("sh", devices=("gpu:0", "gpu:7")))
    assert finding.title == "a: gpu:7 is not here now"


def test_an_alias_that_went_away_is_a_failure():
    (finding,) = found(job("sh", devices=("big",)))
    assert finding.status is Status.FAIL


def test_a_place_for_a_name_that_nobody_fills_is_said():
    assert ids(job("sh", "{gpu}", "{uuid}", '{"json": 1}')) == ["placeholder"]


def container(runtime: str = "podman") -> Workload:
    return Workload(name="a", kind=WorkKind.CONTAINER, runtime=runtime, image="x", suspend=("sh",))


def test_a_container_needs_its_runtime(tmp_path):
    assert ids(container(), path=str(tmp_path)) == ["suspend-missing", "runtime-missing"]
    (tmp_path / "podman").write_text("#!/bin/sh\n")
    (tmp_path / "podman").chmod(0o755)
    (tmp_path / "sh").symlink_to("/bin/sh")
    assert ids(container(), path=str(tmp_path)) == ["ready"]
    assert ids(container(), path=str(tmp_path), answer=None) == ["image-missing"]


def test_docker_must_let_the_user_ask(tmp_path, monkeypatch):
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "docker.sock").write_text("")
    (tmp_path / "sh").symlink_to("/bin/sh")
    (tmp_path / "docker.sock").chmod(0o600)
    monkeypatch.setattr("netmind_tui.node.work.check._DOCKER_SOCKET", tmp_path / "docker.sock")
    assert ids(container("docker"), path=str(tmp_path)) == ["ready"]
    finding = found(container("docker"), ANA, path=str(tmp_path))[-1]
    assert finding.id == "workload-runtime-refused"
    assert "as mighty as root" in finding.remediation


def unit(**more) -> Workload:
    return Workload(name="a", kind=WorkKind.UNIT, unit="boinc-client.service", **more)


def test_a_unit_must_be_known_to_a_manager_that_answers():
    assert ids(unit(), answer=None) == ["manager-missing"]
    assert ids(unit(), answer="not-found\n") == ["unit-missing"]
    assert ids(unit(is_user_unit=True)) == ["ready"]


def test_a_unit_of_the_system_needs_leave():
    (finding,) = found(unit(), ANA)
    assert (finding.id, finding.status) == ("workload-unit-polkit", Status.WARN)


def test_root_is_warned_of_itself():
    root = User(uid=0, gids=frozenset({0}))
    findings = check([job("/bin/sh")], root, (), ask=lambda _: None)
    assert findings[-1].id == "workload-root"
    assert check([], root, (), ask=lambda _: None) == ()


def test_the_user_of_a_process_is_found():
    own = user_of(os.getpid(), is_confined=True)
    assert (own.uid, own.is_confined) == (os.geteuid(), True)
    assert os.getegid() in own.gids
    assert path_of(os.getpid()) is not None
    assert user_of(2**30, is_confined=True) == this_user()
    assert path_of(2**30) is None


@pytest.mark.parametrize("words", [("sh", "job"), ("/usr/bin/env", "A=b", "sh", "-e", "job")])
def test_a_script_in_its_folder_that_others_could_replace_is_found(bin_folder, words):
    (bin_folder / "job").chmod(0o775)
    (finding,) = found(job(*words, folder=str(bin_folder)))
    assert (finding.id, finding.status) == ("workload-command-writable", Status.WARN)


def test_a_folder_that_others_can_fill_is_found(bin_folder):
    assert ids(job("sh", folder=str(bin_folder))) == ["ready"]
    bin_folder.chmod(0o775)
    (finding,) = found(job("sh", folder=str(bin_folder)))
    assert (finding.id, finding.status) == ("workload-folder-writable", Status.WARN)
    assert finding.remediation == f"chmod go-w {bin_folder}"


@pytest.mark.parametrize(
    "words", [("/" + "a" * 300,), ("b" * 300,), ("sh", "-c", "/" + "c" * 300), ("sh", "/" + "d" * 300)]
)
def test_a_name_that_no_file_can_have_is_no_crash(words):
    assert ids(job(*words)) == ["command-missing" if len(words) == 1 else "ready"]


@pytest.mark.parametrize(
    ("name", "mode", "is_told"),
    [("HF_TOKEN", 0o644, True), ("password", 0o644, True), ("HF_TOKEN", 0o640, False), ("KEYBOARD", 0o644, False)],
)
def test_a_secret_in_a_file_that_everybody_reads_is_found_and_not_told(tmp_path, name, mode, is_told):
    file = tmp_path / "w.toml"
    file.touch()
    file.chmod(mode)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o011)
    findings = check([job("sh", environment={name: "hunter2"})], this_user(), (), ask=lambda _words: None, file=file)
    told = [each for each in findings if each.id == "workload-secret"]
    assert bool(told) is is_told
    assert "hunter2" not in str(findings)
    if is_told:
        assert (told[0].status, told[0].remediation) == (Status.WARN, f"chmod 600 {file}")
