"""What ``netmind status``, ``why`` and ``log`` say of work: which workload, how it stands, and why none runs."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from netmind_tui.cli import work_word
from netmind_tui.cli.log_view import log_line
from netmind_tui.cli.state_word import one_line
from netmind_tui.document import schema
from netmind_tui.model.agent import Status
from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decide import together
from netmind_tui.model.decision import Decision, Decisions, Reason
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.workload import InstanceStatus, WorkloadsStatus, WorkloadStatus, WorkState

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)


def on(device, state=WorkState.RUNNING, name="boinc", **more):
    return InstanceStatus(key=f"{name}@{device}", devices=(device,), state=state, **more)


CRASHED = on(
    "gpu:2",
    WorkState.NONE,
    "llm",
    waits="llm crashed 4 times (exit 1), tried again after 10 min",
    until=NOW + timedelta(minutes=8),
    failures=4,
    exit_code=1,
)
WORK = WorkloadsStatus(
    workloads=(
        WorkloadStatus(name="llm", instances=(CRASHED,)),
        WorkloadStatus(
            name="boinc",
            instances=(
                on("gpu:0", pid=77, since=NOW - timedelta(hours=2), limited_by="cgroup v2", metered_s=7200.0),
                on("gpu:1", WorkState.SUSPENDED, metered_s=1800.0),
                on("gpu:2"),
                on("gpu:3", WorkState.NONE, waits="gpu:3 is lost"),
            ),
        ),
    )
)


def status(workloads, *, code="inside-window", state=Contribution.CONTRIBUTING, device="gpu:0"):
    reason = Reason(code=code, sentence="allowed", rung=Rung.RUN)
    decided = (Decision(device=device, state=state, rung=Rung.RUN, may_start=True, reasons=(reason,)),)
    return Status(at=NOW, decisions=Decisions(at=NOW, devices=decided, node=together(decided)), workloads=workloads)


@pytest.fixture
def anna(node, monkeypatch):
    """Somebody at a machine without a card."""
    monkeypatch.setenv("NETMIND_NVML", "/nowhere")
    monkeypatch.setenv("COLUMNS", "120")
    return node("anna")


@pytest.fixture
def agent(agents, tmp_path, monkeypatch):
    path = tmp_path / "run" / "agent.sock"
    monkeypatch.setenv("NETMIND_SOCKET", str(path))
    with ExitStack() as stack:
        running = stack.enter_context(agents.running(path))
        running.node.work = WORK
        yield running


@pytest.mark.usefixtures("agent")
def test_the_table_has_the_work_of_each_device_and_a_row_for_each_workload(anna):
    text = " ".join(anna("status").out.split())
    assert "boinc: inside the window night" in text
    assert "boinc suspended: inside the window night" in text
    assert "work llm: failed 4 times on gpu:2 (exit 1), tried again at" in text
    assert "boinc: running on gpu:0, gpu:2; suspended on gpu:1; waiting on gpu:3; today 2.5 device-hours" in text


@pytest.mark.usefixtures("agent")
def test_the_document_and_the_line_for_a_prompt_have_it_too(anna):
    document = anna("status", "--json").document
    jsonschema.validate(document, schema("status"))
    assert [each["name"] for each in document["workloads"]["workloads"]] == ["llm", "boinc"]
    assert anna("status", "--one-line").out == "● 7/8 · boinc · 2.10 kW · ✖ gpu:5\n"


@pytest.mark.usefixtures("agent")
def test_why_names_the_work_and_what_would_come_first(anna):
    said = " ".join(anna("why", "gpu:2").out.split())
    assert "· boinc is running. · llm crashed 4 times (exit 1), tried again after 10 min, and would come first." in said
    document = anna("why", "gpu:0", "--json").document
    jsonschema.validate(document, schema("why"))
    assert document["work"][0].startswith("boinc is running since ")
    assert document["work"][0].endswith("(pid 77, held by cgroup v2)")
    assert len(anna("why", "--json").document["work"]) == 2


@pytest.mark.usefixtures("agent")
def test_why_of_another_time_says_nothing_of_the_work_of_now(anna):
    assert anna("why", "gpu:0", "--at", "yesterday 03:00", "--json").document["work"] == []


def test_an_agent_that_knows_of_no_work_is_told_as_before(anna, agent):
    agent.node.work = None
    assert "work " not in anna("status").out
    assert anna("why", "gpu:0", "--json").document["work"] == []


@pytest.mark.parametrize(
    ("workloads", "words"),
    [
        (WorkloadsStatus(), "no workload is defined"),
        (WorkloadsStatus(refused="w.toml: 3: no"), "the workloads are not in force: w.toml: 3: no"),
        (
            WorkloadsStatus(workloads=(WorkloadStatus(name="a", instances=(on("cpu", WorkState.NONE, "a"),)),)),
            "no workload is for gpu:0",
        ),
        (
            WorkloadsStatus(
                workloads=(WorkloadStatus(name="a", is_held=True, instances=(on("gpu:0", WorkState.NONE, "a"),)),)
            ),
            "a is stopped by you",
        ),
        (
            WorkloadsStatus(workloads=(WorkloadStatus(name="a", problem="no such program"),)),
            "a cannot run: no such program",
        ),
    ],
)
def test_why_a_device_that_may_work_does_not(workloads, words):
    told = status(workloads, code="no-work", state=Contribution.IDLE)
    assert work_word.on_device(told, "gpu:0", told.decisions.devices[0]) == f"no work: {words}"
    assert work_word.sentences(told, "gpu:0") == (f"no work runs on gpu:0: {words}",)
    assert work_word.sentences(status(workloads), "gpu:0") == ()


def test_without_any_work_the_command_that_makes_some_is_said():
    assert [words for words, _ in work_word.rows(status(WorkloadsStatus()))] == [
        "no workload is defined, so nothing runs: netmind workload add netmind-selftest"
    ]


@pytest.mark.parametrize(
    ("count", "words"), [(0, "● 1/1"), (1, "● 1/1 · w0"), (2, "● 1/1 · w0 w1"), (3, "● 1/1 · 3 workloads")]
)
def test_a_prompt_has_room_for_two_names(count, words):
    runs = tuple(WorkloadStatus(name=f"w{n}", instances=(on("gpu:0", name=f"w{n}"),)) for n in range(count))
    assert one_line(status(WorkloadsStatus(workloads=runs))) == words


def test_energy_is_added_up_only_where_all_of_it_is_known_in_one_way():
    one = on("gpu:0", metered_s=3600.0, energy_j=3.6e6, energy_method=EnergyMethod.NVML_ENERGY)
    two = replace(one, key="boinc@gpu:1", devices=("gpu:1",))
    whole = work_word.line(WorkloadStatus(name="boinc", instances=(one, two)), NOW)
    assert (
        whole
        == "boinc: running on gpu:0, gpu:1; today 2.0 device-hours, 2.00 kWh (the card's energy counter)".replace(
            "gpu:0, gpu:1", "gpu:0-1"
        )
    )
    for other in (
        replace(two, energy_j=None, energy_absent="lost"),
        replace(two, energy_method=EnergyMethod.ESTIMATE),
    ):
        assert "kWh" not in work_word.line(WorkloadStatus(name="boinc", instances=(one, other)), NOW)


def test_a_line_of_the_log_says_the_device_once():
    event = Event(
        id=1,
        at="2026-11-23T14:00:00.000Z",
        kind=EventKind.WORK_STARTED,
        device="gpu:0",
        sentence="boinc was started on gpu:0",
    )
    assert log_line(event).endswith("gpu:0     boinc was started")
