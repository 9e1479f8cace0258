"""Older versions of a kernel stay runnable beside the newest, by ``gemm.fp32@1``, and never stand for it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.choice import choose
from netmind_tui.bench.store import read_run
from netmind_tui.certify.judgement import judge
from netmind_tui.certify.judgement_ground import ground_of_run
from netmind_tui.certify.requirement_file import read_requirements
from netmind_tui.certify.requirement_need import need_of, need_of_baseline
from netmind_tui.model.problem import Problem

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
HEAD = 'schema = "netmind.requirements/1"\nname = "a"\ntitle = "A"\n'
SPEED = (
    '[[requirement]]\nid = "{id}"\nmetric = "kernel.{kernel}"\ndevices = "cpu"\noperator = ">="\nvalue = "1 FLOP/s"\n'
)


@pytest.fixture
def newer(tmp_path, hasty_kernels):
    """A folder with the catalogue as a later release would have it: ``gemm.fp32`` in versions 1 and 2."""
    for path in hasty_kernels.iterdir():
        if path.name != "catalog.toml":
            (tmp_path / path.name).symlink_to(path)
    text = (hasty_kernels / "catalog.toml").read_text()
    begin = text.index('[[kernels]]\nid = "gemm.fp32"')
    block = text[begin : text.index("[[kernels]]", begin + 1)]
    assert "version = 1\n" in block
    later = block.replace("version = 1\n", "version = 2\n", 1)
    (tmp_path / "catalog.toml").write_text(text[:begin] + later + text[begin:])
    return tmp_path


@pytest.fixture
def catalog(newer):
    return open_catalog(newer)


def names(choice):
    return [kernel.name for kernel in choice.kernels if kernel.id == "gemm.fp32"]


def test_suites_and_plain_names_mean_the_newest_version(catalog):
    for choice in (choose(catalog, "quick", []), choose(catalog, "quick", ["gemm.*"])):
        assert names(choice) == ["gemm.fp32@2"]
    assert catalog.kernel("gemm.fp32").version == 2
    assert catalog.kernel("gemm.fp32@1").version == 1
    assert [kernel.name for kernel in catalog.newest].count("gemm.fp32@1") == 0


def test_an_older_version_is_chosen_by_its_number(catalog):
    choice = choose(catalog, "quick", ["gemm.fp32@1", "dispatch"])
    assert sorted(kernel.name for kernel in choice.kernels) == ["dispatch@1", "gemm.fp32@1"]
    assert choice.named == {"gemm.fp32", "dispatch"}
    assert "gemm.fp32@1" in [kernel.name for kernel in choose(catalog, "quick", ["gemm.*@1"]).kernels]
    assert names(choose(catalog, "quick", [], ["gemm.fp32@1"])) == ["gemm.fp32@1"]


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (["gemm.fp32@3"], "no such version of it is in the catalogue, which has gemm.fp32@2, gemm.fp32@1"),
        (["gemm.fp32@"], "no such version"),
        (["gemm.fp32@one"], "no such version"),
        (["gemm.fp23@1"], "no such kernel; did you mean gemm.fp32"),
        (["gemm.fp32@1", "gemm.*"], "gemm.fp32@1 and gemm.fp32@2 cannot be in one run"),
    ],
)
def test_a_version_that_cannot_be_is_one_sentence(catalog, patterns, words):
    with pytest.raises(Problem) as caught:
        choose(catalog, "quick", patterns)
    assert words in caught.value.sentence


def test_one_version_cannot_be_in_a_catalogue_twice(newer):
    path = newer / "catalog.toml"
    path.write_text(
        path.read_text().replace("version = 2\n", "version = 1\n", 1).replace("version = 2\n", "version = 1\n")
    )
    with pytest.raises(Problem, match=r"kernel 'gemm\.fp32@1': this version of the id is given twice"):
        open_catalog(newer)


def choose_suite(catalog, name):
    return next(suite for suite in catalog.suites if suite.name == name)


def requirements(catalog, *kernels):
    rows = [SPEED.format(id=f"k{index}", kernel=kernel) for index, kernel in enumerate(kernels)]
    return read_requirements((HEAD + "".join(rows)).encode(), "a.toml", catalog)


def test_a_requirement_of_an_older_version_is_measured_with_that_one(catalog):
    asked = requirements(catalog, "gemm.fp32@1")
    need = need_of(asked, catalog)
    assert need.versions == ("gemm.fp32@1",)
    run = read_run(RECORDING)
    other = tuple(replace(m, kernel_version=2) if m.kernel == "gemm.fp32" else m for m in run.measurements)
    for rows, status in ((run.measurements, "pass"), (other, "error")):
        ground = ground_of_run(replace(run, measurements=rows), "now", looked_at_health=False)
        assert judge(asked, ground, datetime.now(UTC))[-1].status == status


def test_two_versions_of_a_kernel_cannot_be_required_at_once(catalog):
    with pytest.raises(Problem, match=r"requirement 'k1', metric: kernel.gemm.fp32@1 is asked for beside version 2"):
        requirements(catalog, "gemm.fp32@2", "gemm.fp32@1")


def test_a_baseline_of_an_earlier_release_is_measured_with_its_versions(catalog):
    part = read_run(RECORDING)
    any_row = part.measurements[0]
    rows = [replace(any_row, kernel=name, kernel_version=1) for name in choose_suite(catalog, "quick").kernels]
    run = replace(part, measurements=tuple(rows))
    whole = need_of_baseline([run], catalog)
    assert ("gemm.fp32@1" in whole.versions, whole.kernels, whole.suite) == (True, (), "quick")
    part = replace(run, measurements=tuple(m for m in run.measurements if m.kernel == "gemm.fp32"))
    assert need_of_baseline([part], catalog).kernels == ("gemm.fp32@1",)
    gone = replace(part, measurements=tuple(replace(m, kernel_version=9) for m in part.measurements))
    assert need_of_baseline([gone], catalog).kernels == ("gemm.fp32",)
    need = need_of(requirements(catalog, "gemm.fp32@2"), catalog)
    assert [name for name in need_of_baseline([run], catalog, need).versions if "gemm.fp32" in name] == ["gemm.fp32@2"]


def test_an_older_version_really_runs(newer, tmp_path):
    env = {**os.environ, "HOME": str(tmp_path), "NETMIND_LOCKS": str(tmp_path), "NETMIND_KERNELS": str(newer)}
    for name, version in (("gemm.fp32", 2), ("gemm.fp32@1", 1)):
        command = [sys.executable, "-P", "-m", "netmind_tui", "bench", "--suite", "preflight", "-d", "cpu"]
        done = subprocess.run(
            [*command, "--force", "--json", "-k", name], env=env, capture_output=True, text=True, check=False
        )
        (row,) = json.loads(done.stdout)["measurements"]
        assert (done.returncode, row["kernel"], row["kernel_version"]) == (0, "gemm.fp32", version)
