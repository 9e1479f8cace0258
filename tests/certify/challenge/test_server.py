"""The challenger on real sockets: right answers, every kind of nonsense, and clients that want to wear it down."""

import asyncio
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from netmind_tui.certify.challenge.call import Switchboard
from netmind_tui.certify.challenge.clock import RealClock, RealDice
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.limit import SMALL_BYTES, Bounds
from netmind_tui.certify.challenge.line import Line, TurnedAway
from netmind_tui.certify.challenge.message import Committed, Draw, Greeting, Hello, Ready, Start, heard, say
from netmind_tui.certify.challenge.node import Devices, Node
from netmind_tui.certify.challenge.server import Service
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import Outcome
from netmind_tui.model.kernel import Provider
from netmind_tui.model.place import read_url
from netmind_tui.model.problem import Problem

DEVICES = Devices(provider=Provider.CPU, words=("cpu",), memory_bytes=(1 << 34,))


class Running:
    """A challenger in a thread of its own."""

    def __init__(self, path, made, bounds, clock=None) -> None:
        self.key, self.spec = made.key_of(9), made.SPEC
        self._path, self._bounds, self._clock = path, bounds, clock or RealClock()
        self.verdicts, self.warnings = [], []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    async def _serve(self):
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        store, dice = Store(self._path), RealDice()
        self.desk = Desk(self.key, store, self._clock, dice, lambda _hello: self.spec)
        board = Switchboard(self.desk, store, self._clock, dice, within_s=1, again_s=1)
        self._loop.call_soon(self._ready.set)
        await Service(self.desk, board, self._clock, self._bounds, self).run(self._socket, None, self._stopped)
        store.close()

    def verdict(self, envelope):
        self.verdicts.append(read_verdict(envelope).verdict)

    def warn(self, sentence):
        self.warnings.append(sentence)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def send(self, data: bytes) -> bytes:
        """Bytes as they are, and everything that comes back."""
        with self.connect() as line:
            line.sendall(data)
            return drained(line)

    def post(self, path: str, body: bytes, length: int | None = None) -> tuple[int, str]:
        """A status and the sentence of a refusal."""
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
        answer = self.send(head.encode() + body)
        _, _, rest = answer.partition(b"\r\n\r\n")
        return int(answer.split()[1]), json.loads(rest).get("refused", "")

    def node(self, made, seed=1):
        key = made.key_of(seed)
        return key, Node(Line(read_url(self.url)), key, (self.spec,), RealClock(), pause=lambda _s: None)

    def take(self, made, seed=1, prover=ReferenceProver):
        key, node = self.node(made, seed)
        return node.take(DEVICES, lambda spec: prover(spec, key.public, DEVICES.words))


def drained(line) -> bytes:
    found = b""
    with suppress(ConnectionResetError):
        while piece := line.recv(65536):
            found += piece
    return found


@pytest.fixture
def serve(tmp_path, made):
    """A challenger: ``serve(read_s=0.2)``."""
    with ExitStack() as stack:
        yield lambda clock=None, **bounds: stack.enter_context(
            Running(tmp_path / "a.sqlite3", made, Bounds(**bounds), clock)
        )


def test_a_node_is_challenged_over_a_wire(serve, made):
    server = serve()
    taken = server.take(made)
    assert taken.signed.verdict.verdict == "passed"
    assert server.verdicts == [taken.signed.verdict]
    assert taken.signed.verdict.elapsed_s >= taken.own_s


def test_wrong_rows_are_told_over_a_wire(serve, made):
    class Lazy(ReferenceProver):
        def prove(self, nonce2):
            root = super().prove(nonce2)
            self._rows[0] = self._rows[0].copy()
            return bytes(32) if root else root

    server = serve()
    with pytest.raises(Refused, match="found the proof wrong"):
        server.take(made, prover=Lazy)
    assert [each.verdict for each in server.verdicts] == ["failed"]


def test_rows_that_the_challenger_cannot_compute_are_no_fault_of_the_node(serve, made, monkeypatch):
    def broken(_question):
        raise MemoryError("no room")

    monkeypatch.setattr("netmind_tui.certify.challenge.checker.complaint_of", broken)
    server = serve()
    with pytest.raises(TurnedAway, match="the challenger could not compute the rows again"):
        server.take(made)
    assert server.warnings == ["rows could not be computed again: MemoryError no room"]
    assert server.verdicts == []


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # somebody speaks TLS
        (b"GET\r\n\r\n", 400),
        (b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /v1/hello HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", 415),
        (b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ],
)
def test_nonsense_gets_its_number_and_harms_nobody(serve, made, data, status):
    server = serve()
    assert server.send(data).split()[1] == str(status).encode()
    assert server.take(made).signed.verdict.verdict == "passed"


def test_an_oversize_message_is_refused_by_its_length_alone(serve):
    server = serve()
    status, words = server.post("/v1/hello", b"", SMALL_BYTES + 1)
    assert (status, words) == (413, f"the message has {SMALL_BYTES + 1} bytes, at most {SMALL_BYTES} are read here")


def test_long_rows_are_read_of_a_session_that_awaits_them_alone(serve):
    server = serve()
    status, words = server.post(f"/v1/opened/{'ab' * 32}", b"", SMALL_BYTES + 1)
    assert (status, "at most" in words) == (413, True)


def test_the_clock_stops_when_the_last_byte_is_there_and_not_with_the_first(serve, made):
    """A root that trickles in while it is still being computed gains nothing."""
    clock = made.HeldClock()
    server, key = serve(clock=clock), made.key_of(1)
    line = Line(read_url(server.url))

    def said(path, message, kind):
        return heard(line.ask(path, say(message, key.private)), kind, "it")[0]

    hello = Hello(
        challenger=server.key.public, nonce="ab" * 32, provider="cpu", devices=("cpu",), memory_bytes=(1,), call=None
    )
    greeting = said("/v1/hello", hello, Greeting)
    start = said("/v1/ready", Ready(session=greeting.session, nonce1=greeting.nonce1), Start)
    body = say(Committed(session=greeting.session, nonce2=start.nonce2, root="ab" * 32), key.private)
    head = f"POST /v1/committed HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with server.connect() as wire:
        wire.sendall(head + body[:-1])
        Line(read_url(server.url)).ask("/v1/challenger")  # whoever came later was served: the first bytes are there
        clock.go(30)
        wire.sendall(body[-1:])
        answer = drained(wire)
    draw = heard(answer.partition(b"\r\n\r\n")[2], Draw, "it")[0]
    assert draw.elapsed_s == 30


class TestClientsThatWearItDown:
    def test_a_slow_loris_is_cut_and_others_are_served_meanwhile(self, serve, made):
        server = serve(read_s=2)
        lines = [server.connect() for _ in range(40)]
        for number, line in enumerate(lines):
            line.sendall(
                (b"POST /v1/hello HT", b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na", b"")[
                    number % 3
                ]
            )
        assert server.take(made).signed.verdict.verdict == "passed"
        assert [drained(line) for line in lines] == [b""] * 40  # each is cut by the server, without a word
        for line in lines:
            line.close()

    def test_only_so_many_connections_are_held(self, serve, made):
        server = serve(connections=8, read_s=20)
        held = [server.connect() for _ in range(8)]
        for line in held:
            line.sendall(b"POST /v1/hello HTTP/1.1\r\nX: a\r\n")
        # The server takes them in their order: what comes after the eighth is cut at once.
        with server.connect() as ninth, suppress(OSError):
            ninth.sendall(b"GET /v1/challenger HTTP/1.1\r\nHost: a\r\n\r\n")
            assert drained(ninth) == b""
        for line in held:
            line.close()
        for _ in range(100):  # until the server has seen them go
            with suppress(Problem):
                assert server.take(made).signed.verdict.verdict == "passed"
                break
        else:
            pytest.fail("nobody is served any more")

    def test_a_connection_is_for_one_request(self, serve):
        asked = b"GET /v1/challenger HTTP/1.1\r\nHost: a\r\n\r\n"
        assert serve().send(asked * 50).count(b"HTTP/1.1 200") == 1

    def test_one_that_vanishes_in_the_middle_harms_nobody(self, serve, made):
        server = serve()
        for _ in range(20):
            with server.connect() as line:
                line.sendall(b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n" + b"a" * 100)
        assert server.take(made).signed.verdict.verdict == "passed"
        assert server.warnings == []

    def test_many_at_once_each_get_their_own_right_verdict(self, serve, made):
        class Wrong(ReferenceProver):
            def prove(self, nonce2):
                return super().prove(nonce2[::-1])

        server = serve()

        def one(seed):
            try:
                return server.take(made, seed, Wrong if seed % 3 == 0 else ReferenceProver).signed.verdict.verdict
            except Refused:
                return "failed"

        with ThreadPoolExecutor(12) as pool:
            found = list(pool.map(one, range(1, 13)))
        assert found == ["failed" if seed % 3 == 0 else "passed" for seed in range(1, 13)]
        by_key = {each.node_key: each.verdict for each in server.verdicts}
        assert [by_key[made.key_of(seed).public] for seed in range(1, 13)] == found


def test_what_ended_well_stands_in_the_record(serve, made, tmp_path):
    server = serve()
    server.take(made)
    store = Store(tmp_path / "a.sqlite3", looks_only=True)
    (entry,) = store.entries()
    store.close()
    assert entry.outcome is Outcome.PASSED
    assert entry.rate == pytest.approx(server.verdicts[0].rate_tops * 1e12)
