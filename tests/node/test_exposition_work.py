"""The metrics of work, read back by Prometheus' own parsers."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics

from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.workload import InstanceStatus, WorkloadsStatus, WorkloadStatus, WorkState
from netmind_tui.node.exposition import as_openmetrics

RUNS = InstanceStatus(
    key="boinc@gpu:0",
    devices=("gpu:0",),
    state=WorkState.RUNNING,
    pid=4242,
    waits=None,
    restarts=2,
    freed_s=2.1,
    metered_s=3600.0,
    energy_j=1.3e6,
    energy_method=EnergyMethod.NVML_ENERGY,
    lines=("secret",),
)
CRASHED = InstanceStatus(key="boinc@gpu:1", devices=("gpu:1",), failures=4, waits="exit 1: secret", lines=("secret",))
WHOLE = InstanceStatus(key="llm", devices=("gpu:0", "gpu:1"), state=WorkState.SUSPENDED, metered_s=60.0)


@pytest.fixture
def status(agents):
    return asyncio.run(agents.MadeNode().status())


def values(status, *workloads, **more):
    told = replace(status, workloads=WorkloadsStatus(workloads=workloads, **more))
    return {
        (sample.name.removeprefix("netmind_workload_"), *sample.labels.values()): sample.value
        for family in read_openmetrics(as_openmetrics(told))
        for sample in family.samples
        if sample.name.startswith("netmind_workload")
    }


def test_how_each_workload_stands_on_each_device(status):
    found = values(status, WorkloadStatus(name="boinc", instances=(RUNS, CRASHED)))
    assert [found["state", "boinc", "gpu:0", state] for state in WorkState] == [0, 1, 0, 0]
    assert found["state", "boinc", "gpu:1", "none"] == 1
    assert (found["failures", "boinc", "gpu:1"], found["restarts_total", "boinc", "gpu:0"]) == (4, 2)
    assert found["memory_freed_seconds", "boinc", "gpu:0"] == 2.1


def test_what_today_came_to_and_nothing_where_that_is_not_known(status):
    found = values(status, WorkloadStatus(name="boinc", instances=(RUNS, CRASHED)))
    assert found["metered_seconds_total", "boinc", "gpu:0"] == 3600
    assert found["energy_joules_total", "boinc", "gpu:0"] == 1.3e6
    for name in ("metered_seconds_total", "energy_joules_total", "restarts_total"):
        assert (name, "boinc", "gpu:1") not in found


def test_sums_of_several_devices_are_counted_once(status):
    found = values(status, WorkloadStatus(name="llm", instances=(WHOLE,)))
    assert [found["state", "llm", device, "suspended"] for device in WHOLE.devices] == [1, 1]
    assert {key: value for key, value in found.items() if key[0] == "metered_seconds_total"} == {
        ("metered_seconds_total", "llm", "gpu:0"): 60
    }


def test_what_the_owner_said_and_what_is_wrong(status):
    found = values(status, WorkloadStatus(name="a", is_held=True, problem="no such program"), refused="3: no")
    assert (found["held", "a"], found["blocked", "a"], found["refused",], found["definitions",]) == (1, 1, 1, 1)


def test_no_label_is_what_work_wrote_or_how_it_is_numbered(status):
    told = replace(
        status, workloads=WorkloadsStatus(workloads=(WorkloadStatus(name="boinc", instances=(RUNS, CRASHED)),))
    )
    text = as_openmetrics(told)
    assert "secret" not in text
    assert "4242" not in text


def test_no_more_workloads_are_told_than_a_monitor_bears(status):
    many = tuple(WorkloadStatus(name=f"w{n}", instances=(replace(RUNS, key=f"w{n}"),)) for n in range(500))
    found = values(status, *many)
    assert found["definitions",] == 500
    assert len({key[1] for key in found if key[0] == "held"}) == 64


def test_every_metric_says_its_unit(status):
    told = replace(status, workloads=WorkloadsStatus(workloads=(WorkloadStatus(name="boinc", instances=(RUNS,)),)))
    helps = {
        family.name: family.documentation
        for family in read_openmetrics(as_openmetrics(told))
        if family.name.startswith("netmind_workload")
    }
    for name, words in helps.items():
        if "seconds" in name:
            assert "seconds" in words.lower(), name
        if "joules" in name:
            assert "Joules" in words, name


def test_an_agent_that_knows_of_no_work_has_none_of_them(status):
    assert "netmind_workload" not in as_openmetrics(replace(status, workloads=None))
