"""``netmind log``: what happened, for people and for programs, with and without an agent."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from netmind_tui.document import schema
from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.agent.clock import stamp
from netmind_tui.node.journal.store import Journal


def decided(minutes_ago: float, state: str, code: str, device: str = "gpu:0") -> Event:
    return Event(
        at=stamp(datetime.now(UTC) - timedelta(minutes=minutes_ago)),
        kind=EventKind.DECISION_CHANGED,
        device=device,
        sentence=f"{device} {state}: {code}",
        data={"state": state, "code": code, "reason": code},
    )


@pytest.fixture
def machine(node, monkeypatch, tmp_path):
    """A user whose agent wrote a journal and has ended."""
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setenv("COLUMNS", "120")
    user = node("ana")
    path = user.home / ".local/state/netmind/agent/journal.db"
    with closing(Journal.open(path)) as journal:
        started = Event(
            at=stamp(datetime.now(UTC) - timedelta(hours=30)),
            kind=EventKind.AGENT_STARTED,
            sentence="the agent started",
        )
        flaps = [
            decided(40 - n, "gave-way" if n % 2 == 0 else "contributing", "cpu busy" if n % 2 == 0 else "night")
            for n in range(12)
        ]
        journal.append(
            [started, *flaps, decided(5, "idle", "outside", "cpu"), decided(4, "lost", "gone \x1b[31m", "gpu:1")]
        )
    user.journal = path
    return user


def test_a_day_is_shown_with_what_flapped_folded(machine):
    done = machine("log")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "the agent started" not in done.out
    assert sum("gave-way: cpu busy, 6 times in" in line for line in lines) == 1
    assert "\x1b" not in done.out
    assert any("cpu" in line and "idle: outside" in line for line in lines)


def test_json_is_the_document_that_its_schema_describes_and_folds_nothing(machine):
    found = machine("log", "--since", "48h", "--json").document
    jsonschema.validate(found, schema("events"))
    assert [each["id"] for each in found["events"]] == list(range(1, 16))
    assert found["next"] == 15


def test_jsonl_has_an_event_a_line(machine):
    lines = machine("log", "--format", "jsonl", "gpu").out.splitlines()
    for line in lines:
        jsonschema.validate(json.loads(line), schema("event"))
    assert {json.loads(line)["device"] for line in lines} == {"gpu:0", "gpu:1"}


def test_devices_and_kinds_are_chosen_and_an_unknown_device_finds_nothing(machine):
    assert [each["device"] for each in machine("log", "cpu", "--json").document["events"]] == ["cpu"]
    found = machine("log", "--since", "3d", "--kind", "agent-started", "--json").document
    assert [each["kind"] for each in found["events"]] == ["agent-started"]
    assert machine("log", "gpu:7", "--json").document["events"] == []
    assert machine("log", "gpu:7").out == "nothing happened in that time\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--since", "soon"), "--since 'soon'"),
        (("--kind", "device-lots"), "--kind device-lots: there is no such event; did you mean device-lost"),
        (("--follow", "--json"), "--follow writes line by line"),
        (("--format", "csv"), "--format csv: this command writes table, json, jsonl"),
        (("not a device",), "not a device"),
    ],
)
def test_bad_input_is_one_sentence(machine, words, sentence):
    done = machine("log", *words)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1


def test_without_agent_or_journal_it_says_how_to_get_one(node, monkeypatch, tmp_path):
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "none.sock"))
    done = node("ben")("log")
    assert done.code == 3
    assert "netmind agent run" in done.err


def test_a_damaged_journal_is_one_sentence(machine):
    machine.journal.write_bytes(b"x" * 8192)
    done = machine("log")
    assert done.code == 2
    assert "is no journal of netmind, or damaged; nothing was changed" in done.err


def follower(machine, **streams) -> subprocess.Popen:
    words = [sys.executable, "-m", "netmind_tui", "log", "--follow", "--format", "jsonl", "--since", "10m"]
    environment = {**os.environ, "HOME": str(machine.home)}
    return subprocess.Popen(
        words, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **streams
    )


def test_following_tells_what_was_and_what_comes_once_each_and_ends_with_ctrl_c(machine):
    following = follower(machine)
    assert [json.loads(following.stdout.readline())["id"] for _ in range(2)] == [14, 15]
    with closing(Journal.open(machine.journal)) as journal:
        journal.append([decided(0, "contributing", "night")])
        assert json.loads(following.stdout.readline())["id"] == 16
        journal.append([decided(0, "idle", "outside")])
        assert json.loads(following.stdout.readline())["id"] == 17
    following.send_signal(signal.SIGINT)
    out, err = following.communicate()
    assert (following.returncode, out, err) == (130, "", "")


def test_following_ends_quietly_when_its_reader_leaves(machine):
    following = follower(machine)
    following.stdout.readline()
    following.stdout.close()
    with closing(Journal.open(machine.journal)) as journal:
        for _ in range(40):
            journal.append([decided(0, "idle", "outside")])
            try:
                following.wait(0.25)
            except subprocess.TimeoutExpired:
                continue
            break
    assert (following.wait(10), following.stderr.read()) == (0, "")
    following.stderr.close()
