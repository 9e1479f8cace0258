"""The examples for CI servers, run as they stand in their files: the gate is the exit code, and nobody weakens it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CI = ROOT / "assets/ci"
GIT = shutil.which("git")
GITHUB = yaml.safe_load((CI / "github.yml").read_text())
GITLAB = yaml.safe_load((CI / "gitlab.yml").read_text())["validate-machine"]
HEAD = 'schema = "netmind.requirements/1"\nname = "ci"\ntitle = "CI"\n[[requirement]]\nid = "memory"\n'
REQUIREMENTS = {
    "met": HEAD + 'metric = "host.memory"\noperator = ">="\nvalue = "0.1 GiB"\n',
    "missed": HEAD + 'metric = "host.memory"\noperator = ">="\nvalue = "900 TiB"\n',
    # No processor reports one.
    "unmeasured": HEAD + 'metric = "device.power_limit"\ndevices = "cpu"\noperator = ">="\nvalue = "1 W"\n',
}
NETMIND = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m netmind_tui "$@"\n'


def clean(**changes):
    """An environment in which nothing of this machine's own CI server shows."""
    left_out = ("GITHUB_", "CI", "NETMIND_", "SLURM", "XDG_", "GIT_", "PIP_", "VIRTUAL_ENV", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {name: str(value) for name, value in changes.items()}


def git(*arguments, at):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run([GIT, *identity, *arguments], cwd=at, check=True, capture_output=True, env=clean(HOME=at))


def wheel(source, folder):
    """The package, built from a source tree into a folder."""
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", build, str(folder)]
    done = subprocess.run(command, cwd=source, env=clean(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture
def checkout(tmp_path):
    """What a server checked out: a request that asks for less than the branch that it goes to."""

    def make(base, request):
        origin, work = tmp_path / "origin", tmp_path / "work"
        origin.mkdir()
        git("init", "--quiet", at=origin)
        (origin / "netmind.toml").write_text(REQUIREMENTS[base])
        git("add", ".", at=origin)
        git("commit", "--quiet", "-m", "base", at=origin)
        git("clone", "--quiet", str(origin), str(work), at=tmp_path)
        git("checkout", "--quiet", "-b", "request", at=work)
        (work / "netmind.toml").write_text(REQUIREMENTS[request])
        git("commit", "--quiet", "--allow-empty", "-a", "-m", "request", at=work)
        return work

    return make


@pytest.fixture
def netmind(tmp_path):
    """A folder with the command in it, as an installation would have made it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "netmind").write_text(NETMIND)
    (folder / "netmind").chmod(0o755)
    return folder


@dataclass
class Job:
    """What became of a job: the outcome of each step that has commands, by its name."""

    outcomes: dict[str, str] = field(default_factory=dict)
    said: str = ""
    summary: str = ""

    @property
    def has_passed(self):
        return "failure" not in self.outcomes.values()


class Runner:
    """A runner of GitHub Actions, as far as the example needs one: ``run`` steps, environment files, ``always()``."""

    def __init__(self, folder, work, **given):
        self._folder, self._work, self._given = folder, work, given
        self._temporary = folder / "runner"
        self._temporary.mkdir()
        self._path = os.environ["PATH"]

    def __call__(self, *, without=(), **variables):
        (job,) = GITHUB["jobs"].values()
        assert job["defaults"]["run"]["shell"] == "bash"
        files = {name: self._temporary / name for name in ("GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        done, env = Job(), dict(GITHUB["env"])
        for step in job["steps"]:
            if "run" not in step:
                assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
                continue
            if step["name"] in without:
                continue
            if not done.has_passed and step.get("if") != "always()":
                done.outcomes[step["name"]] = "skipped"
                continue
            given = clean(
                **(env | variables | self._given | files),
                GITHUB_ACTIONS="true",
                GITHUB_BASE_REF="main",
                GITHUB_REF_NAME="1/merge",
                RUNNER_TEMP=self._temporary,
                HOME=self._folder,
                NETMIND_LOCKS=self._folder,
                PATH=self._path,
            )
            assert "${{" not in step["run"]  # what others wrote would become part of the command
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            result = subprocess.run(command, cwd=self._work, env=given, capture_output=True, text=True, check=False)
            done.outcomes[step["name"]] = "failure" if result.returncode else "success"
            done.said += result.stdout + result.stderr
            self._path = ":".join([*files["GITHUB_PATH"].read_text().split(), os.environ["PATH"]])
            env |= dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines())
        done.summary = files["GITHUB_STEP_SUMMARY"].read_text()
        return done


OFFLINE = {
    # The dependencies are those that the tests run with; nothing is downloaded.
    "PYTHONPATH": sysconfig.get_path("purelib"),
    "PIP_NO_DEPS": "1",
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
INSTALLED = {"Read the requirements from the base branch": "success", "Install netmind": "success"}


def test_the_github_job_installs_measures_and_passes_where_all_is_met(tmp_path, checkout):
    work = checkout("met", "met")
    job = Runner(tmp_path, work)(**OFFLINE, NETMIND_SOURCE=wheel(ROOT, tmp_path))
    assert job.outcomes == INSTALLED | {"Validate": "success"}, job.said
    assert "## ✔ ci: " in job.summary or "## ▲ ci: " in job.summary
    assert 'name="memory"' in (work / "netmind.xml").read_text()
    python = tmp_path / "runner/netmind/bin/python"
    where = "import netmind_tui; print(netmind_tui.__file__)"
    told = subprocess.run([python, "-P", "-c", where], capture_output=True, text=True, check=True, env=clean(**OFFLINE))
    assert told.stdout.startswith(str(tmp_path / "runner/netmind"))


@pytest.fixture
def job_of(tmp_path, checkout, netmind, hasty_kernels, monkeypatch):
    """The job for a request, from what is asked on its base branch and what in the request itself."""
    monkeypatch.setenv("PATH", f"{netmind}:{os.environ['PATH']}")

    def run(base, request):
        runner = Runner(tmp_path, checkout(base, request), NETMIND_KERNELS=hasty_kernels)
        return runner(without=("Install netmind",))

    return run


@pytest.mark.parametrize("base", ["missed", "unmeasured"])
def test_a_pull_request_cannot_weaken_the_gate_that_it_has_to_pass(job_of, tmp_path, base):
    job = job_of(base, "met")
    assert job.outcomes["Validate"] == "failure", job.said
    assert not job.has_passed
    assert "::error title=netmind " in job.said
    assert "✖" in job.summary
    assert "memory" in (tmp_path / "work/netmind.xml").read_text()


def test_a_request_that_asks_for_more_is_judged_by_the_base_branch_too(job_of):
    job = job_of("met", "missed")
    assert job.has_passed, job.said


def test_the_github_job_may_only_read_and_keeps_its_report_whatever_happens():
    assert GITHUB["permissions"] == {"contents": "read"}
    assert "pull_request" in GITHUB[True]  # YAML 1.1 reads "on" as true
    last = GITHUB["jobs"]["validate"]["steps"][-1]
    assert (last["if"], last["with"]["path"]) == ("always()", "netmind.xml")


@pytest.mark.parametrize(("base", "code"), [("met", 0), ("missed", 1)])
def test_the_gitlab_job_gates_on_the_target_branch(tmp_path, checkout, netmind, hasty_kernels, base, code):
    work = checkout(base, "met")
    env = clean(
        **GITLAB["variables"],
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main",
        CI_COMMIT_BRANCH="request",
        CI_PROJECT_DIR=work,
        HOME=tmp_path,
        NETMIND_LOCKS=tmp_path,
        NETMIND_KERNELS=hasty_kernels,
        PATH=f"{netmind}:{os.environ['PATH']}",
    )
    script = "\n".join(GITLAB["script"])
    command = ["bash", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    report = GITLAB["artifacts"]["reports"]["junit"]
    assert 'name="memory"' in (work / report).read_text()
    assert GITLAB["artifacts"]["when"] == "always"


def test_the_gitlab_job_installs_what_the_github_job_installs():
    (step,) = (step for step in GITHUB["jobs"]["validate"]["steps"] if step.get("name") == "Install netmind")
    assert 'pip install --quiet "$NETMIND_SOURCE"' in step["run"]
    assert any('pip install --quiet "$NETMIND_SOURCE"' in line for line in GITLAB["before_script"])
    shared = {"NETMIND_SOURCE", "NETMIND_REQUIREMENTS", "NETMIND_BASELINE"}
    assert {name: GITHUB["env"][name] for name in shared} == {name: GITLAB["variables"][name] for name in shared}


ANSWER = """#!/bin/sh
echo "$*" >> {log}
while [ $# -gt 0 ]; do [ "$1" = --output ] && cp {document} "$2"; shift; done
exit {code}
"""


@pytest.fixture
def prolog(tmp_path):
    """Run the prolog on a node where ``netmind`` and ``scontrol`` answer as the test says."""
    folder = tmp_path / "opt"
    folder.mkdir()

    def run(code, *judgements, **environment):
        document = tmp_path / "document.json"
        document.write_text(json.dumps({"judgements": list(judgements)}, indent=2))
        logs = {name: tmp_path / f"{name}.log" for name in ("netmind", "scontrol")}
        for name, ended in (("netmind", code), ("scontrol", 0)):
            logs[name].write_text("")
            (folder / name).write_text(ANSWER.format(log=logs[name], document=document, code=ended))
            (folder / name).chmod(0o755)
        given = clean(HOME=tmp_path, NETMIND_BIN=folder, SLURMD_NODENAME="n7", SLURM_JOB_ID="1") | environment
        command = [str(CI / "slurm-prolog.sh")]
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, logs["scontrol"].read_text(), done.stderr, logs["netmind"].read_text()

    return run


def judged(status, summary):
    return {"id": "a", "status": status, "summary": summary, "action": "none"}


def test_a_node_that_meets_its_requirements_takes_the_job(prolog):
    assert prolog(0, judged("pass", "all is well"))[:3] == (0, "", "")


def test_a_node_that_does_not_is_drained_with_the_reason(prolog):
    said = 'gpu:0, temperature.max: 93 °C; required: "at most" 85 °C'
    code, scontrol, told, _ = prolog(1, judged("pass", "all is well"), judged("fail", said))
    assert code == 1
    assert scontrol.startswith("update NodeName=n7 State=DRAIN Reason=netmind: gpu:0, temperature.max: 93")
    assert "temperature.max" in told


def test_what_could_not_be_measured_drains_unless_the_owner_says_otherwise(prolog):
    rows = judged("fail", "warned of"), judged("error", "the card is held")
    code, scontrol, told, _ = prolog(3, *rows)
    assert (code, "could not be measured: the card is held" in scontrol) == (1, True)
    code, scontrol, told, _ = prolog(3, *rows, NETMIND_UNMEASURED="run")
    assert (code, scontrol, "the card is held" in told) == (0, "", True)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (2, "cannot be used"),
        (4, "ended with 4"),
        (124, "took longer than 60 s"),
        (137, "took longer"),
        (130, "with 130"),
    ],
)
def test_however_else_it_ends_the_node_is_drained(prolog, code, reason):
    ended, scontrol, *_ = prolog(code)
    assert (ended, reason in scontrol) == (1, True)


def test_a_node_without_the_program_is_drained(tmp_path):
    given = clean(HOME=tmp_path, NETMIND_BIN=tmp_path, PATH="/usr/bin:/bin")
    done = subprocess.run([str(CI / "slurm-prolog.sh")], env=given, capture_output=True, text=True, check=False)
    assert (done.returncode, "netmind is not installed in" in done.stderr) == (1, True)


def test_only_the_gpus_of_the_job_are_looked_at_where_that_is_asked_for(prolog):
    *_, asked = prolog(0, SLURM_JOB_GPUS="2,5", NETMIND_JOB_GPUS="1")
    assert "--device gpu:2 --device gpu:5 --json" in asked
    assert "--device" not in prolog(0, SLURM_JOB_GPUS="2,5")[-1]


def test_the_prolog_reads_what_the_program_really_writes(tmp_path, netmind, hasty_kernels):
    (tmp_path / "a.toml").write_text(REQUIREMENTS["missed"])
    given = clean(
        HOME=tmp_path,
        XDG_STATE_HOME=tmp_path,
        NETMIND_LOCKS=tmp_path,
        NETMIND_BIN=netmind,
        NETMIND_KERNELS=hasty_kernels,
        NETMIND_REQUIREMENTS=tmp_path / "a.toml",
        NETMIND_LIMIT_S="120",
    )
    done = subprocess.run([str(CI / "slurm-prolog.sh")], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("netmind: host.memory: "), done.stderr
    assert "required: at least 900 TiB" in done.stderr


def instructions():
    """The instructions of the Containerfile, continued lines joined: name and the rest."""
    text = re.sub(r"^#.*\n", "", (CI / "Containerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def test_every_file_that_the_container_is_made_of_is_there():
    stages, sources = set(), []
    for name, rest in instructions():
        assert name in {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "ENTRYPOINT", "CMD"}
        if name == "FROM":
            stages |= {rest.split(" AS ")[1]} if " AS " in rest else set()
        if name == "COPY":
            *words, _target = shlex.split(rest)
            of_stage = [word.removeprefix("--from=") for word in words if word.startswith("--from=")]
            assert set(of_stage) <= stages
            sources += [] if of_stage else words
    assert {"pyproject.toml", "kernels", "netmind_tui"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source


def test_the_container_has_what_the_package_is_built_from(tmp_path):
    for name, rest in instructions():
        if name == "COPY" and "--from" not in rest:
            *words, _target = shlex.split(rest)
            for word in words:
                copy = shutil.copytree if (ROOT / word).is_dir() else shutil.copy
                copy(ROOT / word, tmp_path / word)
    assert wheel(tmp_path, tmp_path).is_file()


def test_the_bytecode_is_compiled_and_never_looked_at_twice(tmp_path):
    (run,) = (rest for name, rest in instructions() if name == "RUN" and "compileall" in rest)
    command = shlex.split(run.partition("/opt/netmind/bin/python -m compileall")[2])
    assert command[-1] == "/opt/netmind/lib"
    shutil.copytree(ROOT / "netmind_tui/model", tmp_path / "model", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", *command[:-1], tmp_path], check=True, env=clean())
    compiled = list(tmp_path.rglob("*.pyc"))
    assert len(compiled) == len(list(tmp_path.rglob("*.py")))
    assert {each.read_bytes()[4] for each in compiled} == {1}  # checked by nothing: neither time nor hash
    assert ("ENTRYPOINT", '["netmind"]') in instructions()


def test_every_example_is_named_in_its_readme():
    readme = (CI / "README.md").read_text()
    for path in CI.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in readme
    assert "base branch" in readme
