"""What the socket answers, to whom, and what strangers cannot make grow."""

import asyncio
import grp
import json
import os
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from netmind_tui.model.agent import API, Events, OverrideRequest
from netmind_tui.model.control import EventQuery, HistoryQuery, Refusal, Role
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.client import Client, NoAgent
from netmind_tui.node.control.role import Access, Peer
from netmind_tui.node.control.route import ROUTES
from netmind_tui.node.control.server import Bounds, connection
from netmind_tui.node.control.server import answer as serving


def answer(line):
    """The status and the document of an answer."""
    data = b""
    while chunk := line.recv(65536):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def request(method, path, body=b"", **headers):
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: a",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_status_says_who_answers_and_what_the_asker_may_do(client):
    greeting, status = client.greet(), client.status()
    assert (greeting.node, greeting.role, greeting.api) == ("box", Role.POLICY, API)
    assert status.agent.role == "policy"
    assert [each.state for each in status.decisions.devices].count("contributing") == 7


def test_an_override_acts_says_what_is_so_then_and_tells_who_said_it(agent, path):
    client = Client(path, via="tui")
    status = client.override(OverrideRequest(kind=OverrideKind.PAUSE, devices=("gpu:0-2",), for_s=3600))
    _, heard, asker = agent.node.heard[-1]
    assert (heard.devices, heard.for_s, heard.via) == (("gpu:0", "gpu:1", "gpu:2"), 3600, "tui")
    assert (asker.uid, asker.via, asker.pid) == (os.geteuid(), "tui", os.getpid())
    assert [each.state for each in status.decisions.devices[:4]] == ["paused"] * 3 + ["contributing"]


def test_no_device_named_is_all_of_them_those_to_come_too(agent, client):
    client.override(OverrideRequest(kind=OverrideKind.STOP))
    assert agent.node.heard[-1][1].devices == ()


@pytest.mark.parametrize("name", ["gpu:3", "GPU-00000003", "pci:1a:00"])
def test_devices_are_named_as_everywhere(agent, client, name):
    client.override(OverrideRequest(kind=OverrideKind.PAUSE, devices=(name,)))
    assert agent.node.heard[-1][1].devices == ("gpu:3",)


def test_an_alias_of_the_agents_owner_is_a_device_too(agent, client):
    client.override(OverrideRequest(kind=OverrideKind.PAUSE, devices=("big",)))
    assert agent.node.heard[-1][1].devices == ("gpu:0", "gpu:1")


def test_why_is_asked_of_a_device_or_of_the_node(agents, client):
    assert client.why("gpu:5").reasons[0].lift == "reset the machine"
    assert client.why().device == "node"
    assert client.why(at=agents.NOW - timedelta(hours=1)).is_past


def test_policy_is_read_and_replaced_and_a_wrong_one_changes_nothing(agent, client):
    assert client.set_policy('zone = "Europe/Berlin"\n').text == 'zone = "Europe/Berlin"\n'
    with pytest.raises(Problem, match=r"25:00 is no time") as caught:
        client.set_policy('from = "25:00"')
    assert caught.value.code == ExitCode.USAGE
    assert client.policy().text == 'zone = "Europe/Berlin"\n'


def test_an_answer_reaches_the_node(agent, client):
    client.answer("replaced:gpu:1", "yes")
    assert agent.node.heard[-1][:3] == ("answer", "replaced:gpu:1", "yes")


def test_events_are_asked_for_by_what_they_are(agent, client):
    found = client.events(EventQuery(after=1, kinds=(EventKind.DECISION_CHANGED,), devices=("gpu:0-1",), limit=2))
    assert ([each.id for each in found.events], found.next) == ([2, 3], 3)
    assert agent.node.heard[-1][1].devices == ("gpu:0", "gpu:1")


def test_a_follower_hears_what_was_and_then_what_happens(agent, agents, client):
    following = client.follow(EventQuery(after=3))
    assert [next(following).id, next(following).id] == [4, 5]
    agent.tell(agent.node.event(6, EventKind.DEVICE_LOST, "gpu:5"))
    assert next(following).kind is EventKind.DEVICE_LOST
    following.close()
    assert agents.until(lambda: not agent.node.waiting)


def test_histories_and_the_timeline_have_a_span(agents, client):
    day = timedelta(days=1)
    assert client.history(HistoryQuery(start=agents.NOW - day, end=agents.NOW, step_s=60)).series[0].step_s == 60
    assert client.timeline(agents.NOW, agents.NOW + day).devices[0].spans[0].end == agents.NOW + day
    with pytest.raises(Problem, match="an end after the start"):
        client.timeline(agents.NOW, agents.NOW - day)


def test_samples_come_as_long_as_somebody_takes_them(agent, agents, client):
    samples = client.samples()
    assert len(next(samples).devices) == 7
    assert next(samples).host.cpu_util_pct == 3.0
    samples.close()
    assert agents.until(lambda: ("samples",) in agent.node.left)


def test_a_lease_is_held_until_its_holder_lets_go(agent, agents, client):
    with client.lease(["gpu:1"]) as lease:
        assert (lease.state, lease.devices) == ("held", ("gpu:1",))
        assert agent.node.left == []
    assert agents.until(lambda: agent.node.left == [("gpu:1",)])


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_lease_ends_with_its_holder_by_whatever_death(agent, agents, client, path):
    holder = os.fork()
    if holder == 0:
        with Client(path).lease(["gpu:1"]):
            signal.pause()
        os._exit(1)
    assert agents.until(lambda: agent.node.entered == [("gpu:1",)])
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    assert agents.until(lambda: agent.node.left == [("gpu:1",)])


def test_a_lease_that_is_still_draining_is_given_up_with_its_asker(agent, agents, raw, client):
    agent.node.drained = False
    line = raw(request("POST", "/v1/lease", b'{"devices":["gpu:1"]}'))
    assert agents.until(lambda: agent.node.entered == [("gpu:1",)])
    line.close()
    assert agents.until(lambda: agent.node.left == [("gpu:1",)])


def test_a_silent_stream_says_that_it_lives(serve, raw):
    serve(bounds=Bounds(heartbeat_s=0.02))
    with raw(request("GET", "/v1/events/stream")).makefile("rb") as lines:
        while not (line := lines.readline()).startswith(b"{"):
            assert line
    assert json.loads(line) == {"schema": "netmind.heartbeat/1"}


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        (request("GET", "/v2/status"), 404, "no such route"),
        (request("DELETE", "/v1/status"), 405, "/v1/status is asked with GET"),
        (request("POST", "/v1/policy", b"x"), 405, "GET or PUT"),
        (request("GET", "/v1/status?all=1"), 400, "'all' is no parameter of it"),
        (request("GET", "/v1/why?devise=gpu:0"), 400, "did you mean device?"),
        (request("GET", "/v1/why?at=tomorrow"), 400, "expected a moment such as"),
        (request("GET", "/v1/why?at=2026-11-27T18:00"), 400, "a zone is missing"),
        (request("GET", "/v1/why?at=0001-01-01T00:00%2B14:00"), 400, "beyond all calendars"),
        (request("GET", "/v1/why?at=9999-12-31T23:59:59Z"), 400, "expected a moment from 1970 to 2199"),
        (request("GET", "/v1/timeline?end=0001-01-01T00:00:00Z"), 400, "expected a moment from 1970 to 2199"),
        (request("GET", "/v1/history?end=0001-01-01T00:00:00Z"), 400, "expected a moment from 1970 to 2199"),
        (request("GET", "/v1/why?device=gpu"), 400, "one device at a time"),
        (request("GET", "/v1/why?device=gpu:77"), 404, "gpu:77: this node has no such device"),
        (request("GET", "/v1/why?device=gnu"), 400, "names no device"),
        (request("GET", "/v1/events?kind=lost"), 400, "did you mean device-lost"),
        (request("GET", "/v1/events?after=-1"), 400, "expected a number"),
        (request("GET", "/v1/events?after=1e9"), 400, "expected a number"),
        (request("GET", "/v1/events?limit=0"), 400, "a number from 1 to 1000"),
        (request("GET", "/v1/events?after=1&after=2"), 400, "given too often"),
        (request("GET", "/v1/status", b"x"), 413, "takes no body"),
        (request("POST", "/v1/override"), 411, "Content-Length"),
        (request("POST", "/v1/override", b"{}", Content_Encoding="gzip"), 415, "not compressed"),
        (request("POST", "/v1/override", b"{"), 400, "is not valid JSON"),
        (request("POST", "/v1/override", b'{"kind":"stop","for_s":60}'), 400, "a stop has no end"),
        (
            request("POST", "/v1/override", b'{"kind":"stop","until":"2099-01-01T00:00:00Z"}'),
            400,
            "a stop has no end",
        ),
        (
            request("POST", "/v1/override", b'{"kind":"pause","until":"9999-12-31T23:59:59Z"}'),
            400,
            "within 400 days",
        ),
        (request("POST", "/v1/override", b'{"kind":"explode"}'), 400, "invalid enum value 'explode'"),
        (request("POST", "/v1/override", b'{"kind":"stop","schema":"netmind.override/2"}'), 400, "netmind.override/2"),
        (request("POST", "/v1/override", b'{"a":' * 9000), 400, "nested too deeply"),
        (request("POST", "/v1/override", b"[]"), 400, "expected `object`"),
        (request("POST", "/v1/override", b'{"kind":"pause","for_s":-1}'), 400, "seconds above 0"),
        (request("POST", "/v1/override", b'{"kind":"pause","until":"2020-01-01T00:00:00Z"}'), 400, "that has been"),
        (request("POST", "/v1/override", b'{"kind":"pause","until":"2099-01-01T00:00:00"}'), 400, "a zone is missing"),
        (
            request("POST", "/v1/override", b'{"kind":"pause","for_s":1,"until":"2099-01-01T00:00:00Z"}'),
            400,
            "exclude each other",
        ),
        (request("POST", "/v1/override", b'{"kind":"stop"}', NetMind_Api="7"), 409, "version 1 of its interface"),
        (request("PUT", "/v1/policy", b"\xff"), 400, "not UTF-8"),
        (b"POST /v1/override HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n", 413, "at most 65536 are read"),
        (b"PUT /v1/policy HTTP/1.1\r\nHost: a\r\nContent-Length: 270000\r\n\r\n", 413, "at most 262144 are read"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_gets_a_sentence_and_changes_nothing(agent, raw, sent, status, sentence):
    found, refusal = answer(raw(sent))
    assert found == status
    assert sentence in refusal["sentence"]
    assert refusal["schema"] == "netmind.refusal/1"
    assert not agent.node.overrides


def test_an_asker_that_hangs_up_within_a_request_is_no_fault_of_the_agent(agent, client, raw, caplog):
    line = raw(request("POST", "/v1/override")[:-2] + b"Content-Length: 500\r\n\r\nabc")
    client.greet()  # the agent has taken the other one by now
    line.close()
    client.greet()
    agent.on_loop(asyncio.sleep(0.05))
    assert caplog.records == []


def test_from_where_somebody_speaks_cannot_be_made_a_sentence(agent, raw):
    for via, told in (("cli), approved by root (tui", "socket"), ("ssh from box_1", "ssh from box_1")):
        answer(raw(request("POST", "/v1/override", b'{"kind":"pause"}', NetMind_Via=via)))
        assert agent.node.heard[-1][2].via == told


def test_a_policy_is_put_in_the_place_of_the_one_that_was_read_and_no_other(agent, client):
    read = client.policy().sha256
    client.set_policy("one", instead_of=read)
    with pytest.raises(Problem, match="somebody changed the policy meanwhile"):
        client.set_policy("two", instead_of=read)
    assert client.policy().text == "one"


def test_a_fault_of_the_node_is_said_and_the_next_request_is_answered(agent, client, monkeypatch, caplog):
    async def broken():
        raise ZeroDivisionError("by nothing")

    with monkeypatch.context() as patched:
        patched.setattr(agent.node, "status", broken)
        with pytest.raises(Problem, match="ZeroDivisionError: by nothing"):
            client.status()
    assert "/v1/status" in caplog.text
    assert client.status().at


def test_nobody_can_define_work_over_the_socket(agent, raw):
    """There is no route for it: this is the whole list, and adding to it is a decision."""
    changing = {(route.method, route.path) for route in ROUTES if route.method != "GET"}
    assert changing == {
        ("POST", "/v1/override"),
        ("PUT", "/v1/policy"),
        ("POST", "/v1/answers"),
        ("POST", "/v1/lease"),
        ("POST", "/v1/workloads/NAME/start"),
        ("POST", "/v1/workloads/NAME/stop"),
    }
    assert {(route.method, route.role) for route in ROUTES if route.role is Role.READ} == {("GET", Role.READ)}
    for method in ("POST", "PUT", "PATCH"):
        assert answer(raw(request(method, "/v1/workloads", b'{"program":["/bin/sh"]}')))[0] == 405
    others = ("/v1/workloads/new", "/v1/workloads//start")
    for path in (*others, "/v1/workload", "/v1/work", "/v1/jobs", "/v1/exec", "/v1/hooks", "/v1/config"):
        for method in ("POST", "PUT", "PATCH"):
            assert answer(raw(request(method, path, b'{"program":["/bin/sh"]}')))[0] == 404


def test_the_socket_is_its_users_and_its_groups_alone(agent, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750


def test_an_ended_agent_leaves_no_socket_and_cuts_its_streams(agent, agents, client, path):
    following = client.follow(EventQuery(after=4))
    next(following)
    agent.end()
    assert list(following) == []
    assert not path.exists()
    with pytest.raises(NoAgent, match="no agent runs: there is no socket"):
        client.status()


def test_a_request_that_does_not_come_is_cut(serve, raw):
    serve(bounds=Bounds(read_s=0.05))
    for begun in (b"", b"GET /v1/sta", request("POST", "/v1/override")[:-2] + b"Content-Length: 9\r\n\r\nx"):
        assert raw(begun).recv(1) == b""


def test_one_user_gets_only_so_many_connections(serve, raw, agents, client, path):
    serve(at=path.with_name("few.sock"), bounds=Bounds(connections_of_one=2))
    few = path.with_name("few.sock")
    lines = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for line in lines:
        line.settimeout(10)
        line.connect(str(few))
    assert lines[2].recv(1) == b""
    for line in lines:
        line.close()
    assert agents.until(lambda: _answers(few))


def test_others_cannot_keep_the_owner_out(serve, raw, monkeypatch, path):
    real, asking, kept = connection.peer_of, [], []
    monkeypatch.setattr(connection, "peer_of", lambda line: asking[0] if asking else real(line))
    group = grp.getgrgid(os.getgid()).gr_name
    serve(
        access=Access(policy=frozenset({"ana"}), control=frozenset({"ben"}), group=group),
        bounds=Bounds(connections=6, streams_of_one=6, reserved=2),
    )

    def taken(user):
        """How many streams somebody gets before they are hung up on; all of them go on."""
        asking[:] = [Peer(pid=1, uid=50_000 + ord(user[0]), user=user, groups=frozenset({os.getgid()}))]
        with suppress(ConnectionError):
            while True:
                line = raw(request("GET", "/v1/events/stream"))
                if not line.recv(1):
                    break
                kept.append(line)
        return len(kept)

    assert [taken(user) for user in ("cid", "ben", "ana")] == [2, 4, 4]
    asking.clear()
    assert Client(path).override(OverrideRequest(kind=OverrideKind.STOP)).overrides


def test_one_user_gets_only_so_many_streams(serve, raw):
    serve(bounds=Bounds(streams_of_owner=2))
    begun = [raw(request("GET", "/v1/samples/stream")) for _ in range(2)]
    assert all(line.recv(12) == b"HTTP/1.1 200" for line in begun)
    one_more = raw(request("GET", "/v1/events/stream"))
    assert one_more.recv(12) == b"HTTP/1.1 429"
    assert b"as many streams and leases here as one user may" in one_more.recv(65536)


def test_a_lease_whose_holder_reads_nothing_is_not_taken_away(serve, raw, agents, monkeypatch):
    monkeypatch.setattr(serving, "_Heartbeat", lambda: Refusal(sentence="x" * 10_000))
    agent = serve(bounds=Bounds(heartbeat_s=0.001, write_s=0.02))
    line = raw(request("POST", "/v1/lease", b"{}"))
    assert agents.until(lambda: agent.node.entered == [()])
    agent.on_loop(asyncio.sleep(0.5))
    assert agent.node.left == []
    line.close()


def test_a_reader_that_does_not_keep_up_is_cut(serve, raw, agents):
    agent = serve(bounds=Bounds(write_s=0.05))
    agent.node.pace_s = 0.0
    line = raw(request("GET", "/v1/samples/stream"))
    assert agents.until(lambda: ("samples",) in agent.node.left)
    line.close()


def test_only_a_few_long_answers_are_worked_out_at_once(serve, path, monkeypatch):
    agent = serve(bounds=Bounds(long_ones=2))
    most, now = [0], [0]

    async def slow(_query):
        now[0] += 1
        most[0] = max(most[0], now[0])
        await asyncio.sleep(0.02)
        now[0] -= 1
        return Events()

    monkeypatch.setattr(agent.node, "events", slow)
    with ThreadPoolExecutor(6) as readers:
        assert len(list(readers.map(lambda _: Client(path).events(), range(6)))) == 6
    assert most == [2]


def test_what_a_stream_tells_first_is_worked_out_in_turn_and_in_short_pages(serve, path, monkeypatch):
    agent = serve(bounds=Bounds(long_ones=2, streams_of_owner=6))
    most, now, limits = [0], [0], set()
    real = agent.node.events

    async def slow(query):
        limits.add(query.limit)
        now[0] += 1
        most[0] = max(most[0], now[0])
        await asyncio.sleep(0.02)
        now[0] -= 1
        return await real(query)

    monkeypatch.setattr(agent.node, "events", slow)

    def first(_):
        following = Client(path).follow(EventQuery(after=1, limit=1000))
        found = [next(following).id for _ in range(4)]
        following.close()
        return found

    with ThreadPoolExecutor(6) as readers:
        assert list(readers.map(first, range(6))) == [[2, 3, 4, 5]] * 6
    assert (most, limits) == ([2], {500})


def test_headers_without_end_are_refused(agent, raw):
    line = raw(b"GET /v1 HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % number for number in range(100)) + b"\r\n")
    assert b" 400 " in line.recv(65536)


def _answers(path):
    try:
        return bool(Client(path).greet())
    except NoAgent:
        return False
