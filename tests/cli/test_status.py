"""``netmind status``, ``why`` and the overrides: against an agent, without one, and against several."""

import json
import os
import pwd
import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from netmind_tui.cli.state_word import when
from netmind_tui.document import schema
from netmind_tui.model.agent import Question


@pytest.fixture
def anna(node, monkeypatch):
    """Somebody whose machine has no card and no agent yet."""
    monkeypatch.setenv("NETMIND_NVML", "/nowhere")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return node("anna")


@pytest.fixture
def start(agents, tmp_path, monkeypatch):
    """Start an agent where ``anna`` looks for one."""
    with ExitStack() as stack:

        def started(path=tmp_path / "run" / "agent.sock", **options):
            monkeypatch.setenv("NETMIND_SOCKET", str(path))
            return stack.enter_context(agents.running(path, **options))

        yield started


@pytest.fixture
def agent(start):
    return start()


class TestStatus:
    def test_a_table_has_the_badge_the_devices_and_what_stands(self, anna, agent):
        agent.node.questions = (Question(id="q", sentence="nobody sees the seat", command="netmind schedule check"),)
        agent.node.refused = "policy.toml: 25:00 is no time"
        anna("pause", "gpu:7")
        done = anna("status")
        lines = done.out.splitlines()
        assert done.code == 0
        assert lines[0].startswith("● box: contributing, 6 of 8 · until ")
        assert lines[0].endswith("inside the window night · 1 lost · 1 paused")
        (lost,) = [line for line in lines if "gpu:5" in line]
        assert "✖ lost" in lost
        assert "fell off the bus" in lost
        (paused,) = [line for line in lines if line.lstrip().startswith("gpu:7")]
        assert "‖ paused" in paused
        text = " ".join(done.out.split())
        assert "pause gpu:7 until resumed, said by root (cli)".replace("root", _user()) in text
        assert "nobody sees the seat: netmind schedule check" in text
        assert "temperature gpu:0: 61 °C (limit 80 °C) by nvml" in text
        assert "not in force: policy.toml: 25:00 is no time" in text
        assert "300 W 61 °C" in text

    @pytest.mark.usefixtures("agent")
    def test_json_is_the_document(self, anna):
        document = anna("status", "--json").document
        jsonschema.validate(document, schema("status"))
        assert document["schema"] == "netmind.status/1"
        assert document["agent"]["node"] == "box"

    @pytest.mark.usefixtures("agent")
    def test_one_line_is_for_a_prompt(self, anna):
        assert anna("status", "--one-line").out == "● 7/8 · 2.10 kW · ✖ gpu:5\n"
        anna("pause")
        assert anna("status", "--one-line").out == "‖ 0/8 · 2.10 kW · ✖ gpu:5\n"

    @pytest.mark.usefixtures("agent")
    def test_watching_goes_on_until_it_is_enough(self, anna):
        done = anna("status", "--watch", "--count", "3", "--interval", "0.1", "--json")
        assert [json.loads(line)["schema"] for line in done.out.splitlines()] == ["netmind.status/1"] * 3

    def test_without_an_agent_there_is_the_machine_and_how_to_start_one(self, anna):
        done = anna("status")
        assert done.code == 3
        assert "this machine: offline" in done.out
        assert "cpu" in done.out
        assert done.err == (
            "netmind: error: no agent runs here: start one with netmind agent run, "
            "or netmind agent install to have it always\n"
        )
        document = anna("status", "--json").document
        jsonschema.validate(document, schema("status"))
        assert document["agent"] is None
        assert "netmind agent run" in document["offline"]
        assert anna("status", "--one-line").out == "· offline\n"

    def test_a_policy_that_cannot_be_read_is_said_without_an_agent_too(self, anna):
        path = anna.home / ".config/netmind/policy.toml"
        path.parent.mkdir(parents=True)
        path.write_text("[[window]]\nfrom = 7\n")
        assert "not in force:" in anna("status").out

    def test_what_is_in_the_agents_way_is_said(self, anna, tmp_path, monkeypatch):
        path = tmp_path / "a.sock"
        path.write_text("")
        monkeypatch.setenv("NETMIND_SOCKET", str(path))
        done = anna("status")
        assert (done.code, done.out, done.err) == (
            3,
            "",
            f"netmind: error: {path} is a file, and no socket of an agent\n",
        )

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--json", "--one-line"], "contradict each other"),
            (["--interval", "2"], "go with --watch"),
            (["--host", ","], "it names no host"),
            (["--host", "a,-oProxyCommand=x"], "a host's name as ssh knows it is expected"),
            (["--host", "@/nowhere"], "--host @/nowhere: cannot be read: no such file or directory"),
        ],
    )
    def test_what_cannot_be_meant_is_a_usage_error(self, anna, options, words):
        done = anna("status", *options)
        assert done.code == 2
        assert words in done.err

    def test_nothing_of_another_machine_is_obeyed_by_a_terminal(self, anna, agent):
        agent.node.refused = "evil\x1b]52;c;ZXZpbA==\x07"
        assert "\x1b" not in anna("status").out


class TestHosts:
    @pytest.fixture
    def two(self, start, ssh_hosts, agents):
        agents_ = [start(ssh_hosts.add(name), node=agents.MadeNode(name=name)) for name in ("alpha", "beta")]
        os.environ.pop("NETMIND_SOCKET")
        return agents_

    @pytest.mark.usefixtures("two")
    def test_one_host_is_shown_as_this_machine_is(self, anna):
        assert anna("status", "--host", "beta").out.startswith("● beta: contributing")

    @pytest.mark.usefixtures("two")
    def test_several_are_a_row_each_and_one_that_does_not_answer_has_its_reason(self, anna):
        done = anna("status", "--host", "alpha,gamma,beta")
        alpha, gamma, beta = done.out.splitlines()
        assert done.code == 3
        assert alpha.split()[:3] == ["alpha", "●", "7/8"]
        assert " ".join(gamma.split()).startswith("gamma ✖ no answer ssh: Could not resolve hostname gamma: Name")
        assert beta.split()[:3] == ["beta", "●", "7/8"]

    @pytest.mark.usefixtures("two")
    def test_a_file_names_them_too(self, anna, tmp_path):
        (tmp_path / "hosts.txt").write_text("alpha  # upstairs\n\n# nothing\nbeta\nalpha\n")
        done = anna("status", "--host", f"@{tmp_path / 'hosts.txt'}", "--json")
        rows = [json.loads(line) for line in done.out.splitlines()]
        assert (done.code, [row["host"] for row in rows]) == (0, ["alpha", "beta"])
        for row in rows:
            jsonschema.validate(row, schema("node-status"))

    @pytest.mark.usefixtures("two")
    def test_several_are_watched_over_one_line_each(self, anna, ssh_hosts):
        done = anna("status", "--host", "alpha,beta", "--watch", "--count", "2", "--interval", "0.1", "--one-line")
        assert [line.partition(":")[0] for line in done.out.splitlines()] == ["alpha", "beta"] * 2
        assert len([line for line in ssh_hosts.asked if " -N " in line]) == 2

    def test_why_and_an_override_reach_a_host(self, anna, two):
        assert "fell off the bus" in anna("why", "gpu:5", "--host", "alpha").out
        assert anna("pause", "gpu:1", "--host", "beta").code == 0
        assert (two[0].node.overrides, two[1].node.overrides[0].devices) == ((), ("gpu:1",))


class TestWhy:
    @pytest.mark.usefixtures("agent")
    def test_a_paragraph_and_the_reasons_by_rank(self, anna):
        done = anna("why", "gpu:5")
        assert done.out == "fell off the bus.\n 1. fell off the bus (lost); until it is back; lift: reset the machine\n"
        jsonschema.validate(anna("why", "--json").document, schema("why"))

    @pytest.mark.usefixtures("agent")
    def test_another_time_is_said_first(self, anna):
        assert anna("why", "--at", "yesterday 03:00").out.startswith("yesterday 03:00: inside the window night.")
        assert anna("why", "--at", "2031-01-01").out.startswith("2031-01-01 00:00: inside")
        assert anna("why", "--at", "25:00").code == 2

    @pytest.mark.usefixtures("agent")
    def test_a_device_that_is_not_there_is_not_measured(self, anna):
        done = anna("why", "gpu:77")
        assert (done.code, done.err) == (3, "netmind: error: gpu:77: this node has no such device\n")

    def test_without_an_agent_it_says_so_and_what_starts_one(self, anna):
        done = anna("why", "cpu")
        assert done.code == 3
        assert "no agent runs (no-agent); lift: netmind agent run" in done.out
        assert "netmind agent install" in done.err
        assert anna("why", "gpu:3").code == 3


def test_a_moment_at_the_end_of_the_calendar_is_told_east_of_it_too(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        assert when(datetime.max.replace(tzinfo=UTC), datetime.now(UTC)) == "9999-12-31 23:59"
    time.tzset()


class TestOverride:
    @pytest.mark.parametrize("kind", ["pause", "finish", "stop", "contribute", "resume"])
    def test_it_says_what_is_so_now(self, anna, agent, kind):
        done = anna(kind, "gpu:0-1")
        assert done.code == 0
        assert done.out.splitlines()[0].startswith("● box: contributing")
        assert agent.node.heard[-1][1].kind == kind

    def test_it_lasts_as_long_as_was_said(self, anna, agent):
        anna("pause", "--for", "2h")
        assert agent.node.heard[-1][1].for_s == 7200
        anna("pause", "--until", "23:59:59")
        meant = agent.node.heard[-1][1].until.astimezone()
        assert (meant.hour, meant.minute, meant - datetime.now().astimezone() < timedelta(days=1)) == (23, 59, True)

    def test_the_owners_words_for_devices_count(self, anna, agent):
        path = anna.home / ".config/netmind/config.toml"
        path.parent.mkdir(parents=True)
        path.write_text('[alias]\nloud = "gpu:2-3"\n')
        anna("pause", "loud", "gpu:6")
        assert agent.node.overrides[0].devices == ("gpu:2", "gpu:3", "gpu:6")

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            (["--for", "2h", "--until", "18:00"], 2, "exclude each other"),
            (["--for", "soon"], 2, "--for 'soon': expected a length of time"),
            (["--until", "25:00"], 2, "--until '25:00': expected a time such as"),
            (["--until", "2020-01-01"], 2, "that has been"),
            (["gpu:77"], 3, "gpu:77: this node has no such device"),
            (["gnu"], 2, "names no device"),
            (["1h"], 2, "1h: that names no device; did you mean --for 1h?"),
            (["for", "1h"], 2, "did you mean --for 1h?"),
            (["gpu:0", "until", "tomorrow", "07:00"], 2, "did you mean --until 'tomorrow 07:00'?"),
            (["until"], 2, "did you mean --until 18:00?"),
        ],
    )
    def test_what_cannot_be_meant_changes_nothing(self, anna, agent, arguments, code, words):
        done = anna("pause", *arguments)
        assert (done.code, words in done.err) == (code, True)
        assert agent.node.overrides == ()

    def test_a_stop_for_a_time_is_told_that_it_has_no_end(self, anna, agent):
        assert "a stop has no end" in anna("stop", "1h").err
        assert agent.node.overrides == ()

    @pytest.mark.parametrize("kind", ["pause", "finish", "stop", "contribute", "resume"])
    def test_without_an_agent_it_says_what_starts_one(self, anna, kind):
        done = anna(kind)
        assert (done.code, done.out) == (3, "")
        assert "netmind agent run" in done.err

    def test_the_socket_of_an_agent_that_died_is_none(self, anna, tmp_path, monkeypatch):
        monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "dead.sock"))
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(tmp_path / "dead.sock"))
        assert anna("pause").err.startswith("netmind: error: no agent runs here")


def _user():
    return pwd.getpwuid(os.geteuid()).pw_name
