"""The Ansible role, run for real on this machine into folders of a test: the second time nothing changes."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import yaml

from netmind_tui.node.policy.file import read_source
from netmind_tui.node.service.unit import Scope, Unit

ROOT = Path(__file__).parents[2]
ANSIBLE = ROOT / "assets/ansible"
ROLE = ANSIBLE / "roles/netmind"
README = (ANSIBLE / "README.md").read_text()
(PLAY,) = yaml.safe_load((ANSIBLE / "playbook.yml").read_text())
GIVEN = PLAY["roles"][0]["vars"]
DEFAULTS = yaml.safe_load((ROLE / "defaults/main.yml").read_text())


def test_every_variable_is_explained_and_every_use_has_a_default():
    assert [name for name in DEFAULTS if f"`{name}`" not in README] == []
    text = "".join(
        path.read_text() for folder in ("tasks", "handlers", "templates") for path in ROLE.glob(f"{folder}/*")
    )
    used = set(re.findall(r"\bnetmind_[a-z_]+\b", text)) - {"netmind_unit"}
    assert used == set(DEFAULTS)
    assert set(GIVEN) <= set(DEFAULTS)


def test_it_needs_no_collection():
    tasks = yaml.safe_load((ROLE / "tasks/main.yml").read_text()) + yaml.safe_load(
        (ROLE / "handlers/main.yml").read_text()
    )
    modules = {key for task in tasks for key in task if "." in key}
    assert {name.rpartition(".")[0] for name in modules} == {"ansible.builtin"}


def test_the_policy_of_the_example_is_in_order(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(GIVEN["netmind_policy"])
    assert len(read_source(path).policy.windows) == 1


@pytest.fixture(scope="module")
def ansible(tmp_path_factory):
    """The folder of ansible-core's commands."""
    folder = tmp_path_factory.mktemp("ansible")
    venv.create(folder, with_pip=True)
    done([folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "ansible-core"])
    return folder / "bin"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT])
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture
def dependencies(tmp_path):
    """A folder with what the package needs, as it is installed here, and not with the package itself."""
    folder = tmp_path / "dependencies"
    folder.mkdir()
    for each in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not re.match(r"_?netmind|_editable|pip\b|setuptools|wheel\b|.*\.pth$", each.name):
            (folder / each.name).symlink_to(each)
    return folder


@pytest.mark.install
def test_a_second_run_changes_nothing(ansible, wheel, dependencies, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    own = {
        "netmind_package": str(wheel),
        "netmind_venv": str(tmp_path / "venv"),
        "netmind_python": sys.executable,
        "netmind_pip_extra_args": "--no-deps",  # what it needs is found where these tests run
        "netmind_policy": GIVEN["netmind_policy"],
        "netmind_policy_path": str(tmp_path / "state/policy.toml"),
        "netmind_unit_path": str(tmp_path / "netmind-agent.service"),
        "netmind_fact_dir": str(tmp_path / "facts"),
        "netmind_manage_service": False,
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "XDG_", "NETMIND_"))}
    environment = kept | {
        "HOME": str(home),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "temp"),
        "PYTHONPATH": str(dependencies),
        "NETMIND_SOCKET": str(tmp_path / "none.sock"),
        "LC_ALL": "C.UTF-8",
    }
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "roles": ["netmind"], "vars": own}]))

    def run(**extra):
        words = [ansible / "ansible-playbook", "-i", "localhost,", "-c", "local", playbook, "-e", json.dumps(extra)]
        given = environment | {"ANSIBLE_ROLES_PATH": str(ANSIBLE / "roles")}
        return subprocess.run(words, env=given, capture_output=True, text=True, check=False)

    first = run()
    assert re.search(r"changed=[1-9]\d* .*failed=0", first.stdout), first.stdout + first.stderr
    unit = (tmp_path / "netmind-agent.service").read_text()
    command = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[0].split()
    assert command[0].startswith(f"{tmp_path}/venv/bin/python")
    plain = Unit(scope=Scope.SYSTEM, command=command).text()
    assert [line for line in unit.splitlines() if not line.startswith("Supplementary")] == plain.splitlines()
    assert unit.endswith("\n")
    second = run()
    assert re.search(r"changed=0 .*failed=0", second.stdout), second.stdout + second.stderr

    refused = run(netmind_policy='[[window]]\ndays = ["daily"]\nfrom = "25:00"\nto = "06:00"\n')
    assert "failed=1" in refused.stdout
    assert (tmp_path / "state/policy.toml").read_text() == GIVEN["netmind_policy"]
    assert "name a wheel" in run(netmind_package="").stdout

    words = [ansible / "ansible", "localhost", "-c", "local", "-m", "setup", "-a", f"fact_path={tmp_path / 'facts'}"]
    words += ["-e", f"ansible_python_interpreter={sys.executable}"]
    told = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    facts = json.loads(told.partition("=>")[2])["ansible_facts"]["ansible_local"]["netmind"]
    assert facts["schema"] == "netmind.status/1"
    assert "no agent" in facts["offline"]


def done(command):
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
