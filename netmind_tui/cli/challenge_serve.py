"""``netmind challenge serve``: a challenger on a socket, refused beyond this machine without TLS."""

import asyncio
import signal
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.bench.lock import DeviceHeldError, LockError, held
from netmind_tui.certify import private_file
from netmind_tui.certify.challenge.call import Switchboard
from netmind_tui.certify.challenge.clock import RealClock, RealDice
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.line import is_loopback
from netmind_tui.certify.challenge.store import KEY_FILE, STORE_FILE, Store
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.moment import written
from netmind_tui.certify.node_key import NodeKey, make_key, read_key
from netmind_tui.certify.statement import short
from netmind_tui.certify.trust import read_keys
from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.document import encode
from netmind_tui.model.chain import ChainSpec, chain_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem, Stopped, nearest
from netmind_tui.model.quantity import quantity
from netmind_tui.paths import challenger_dir

if TYPE_CHECKING:
    from collections.abc import Callable

    from netmind_tui.certify.challenge.message import Hello
    from netmind_tui.certify.challenge.server import Bounds, Service
    from netmind_tui.model.verdict import ChallengeVerdict

_BACKLOG = 128
_MOST_PORT = 65535
_AGAIN_S = 15.0
_PATH_STEPS = 32
# The signals that end it, as far as this system has them, and with which code.
_NAMES = {"SIGINT": ExitCode.INTERRUPTED, "SIGTERM": ExitCode.TERMINATED, "SIGHUP": ExitCode.TERMINATED}
_ENDS = {getattr(signal, name): code for name, code in _NAMES.items() if hasattr(signal, name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for."""

    bind: str
    tls: tuple[Path, Path] | None
    allow: tuple[Path, ...]
    chain: str | None
    call_within_s: float
    form: Format


def challenger_key() -> NodeKey:
    """The challenger's own key, made on first use; never the node's.

    Raises:
        Problem: it cannot be made or read, or was open to others.
    """
    folder = challenger_dir()
    private_file.make_folder(folder)
    path = folder / KEY_FILE
    make_key(path, _now())
    key = read_key(path)
    if key is None:
        raise Problem(f"{path} went away while it was used", ExitCode.USAGE)
    return key


def serve(wishes: Wishes) -> ExitCode:
    """Challenge whoever asks, until a signal ends it.

    Raises:
        Problem: it cannot listen there, or another challenger has the same record.
    """
    host, port = read_bind(wishes.bind)
    if wishes.tls is None and not is_loopback(host):
        words = f"--bind {wishes.bind}: beyond this machine --tls CERT KEY is expected"
        raise Problem(words, ExitCode.USAGE)
    if wishes.call_within_s < 0 or wishes.call_within_s != wishes.call_within_s:
        raise Problem(f"--call-within {wishes.call_within_s:g}: no less than 0 is expected", ExitCode.USAGE)
    choose = _rule(wishes.chain)
    allowed = frozenset(key for path in wishes.allow for key in read_keys(path)) if wishes.allow else None
    tls = None if wishes.tls is None else _tls(*wishes.tls)
    service_class = _service()
    key = challenger_key()
    folder = challenger_dir()
    try:
        with held("challenger", since=_now(), folder=folder), _listening(host, port, wishes.bind) as listening:
            store = Store(folder / STORE_FILE)
            try:
                store.abandon(datetime.now(UTC))
                desk = Desk(key, store, RealClock(), RealDice(), choose, allowed=allowed)
                board = Switchboard(
                    desk, store, RealClock(), RealDice(), within_s=wishes.call_within_s, again_s=_again(wishes)
                )
                service = service_class(desk, board, RealClock(), _bounds(), Teller(wishes.form))
                bound = listening.getsockname()[:2]
                scheme = "http" if tls is None else "https"
                shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
                ready = f"netmind: challenger {key.public} at {scheme}://{shown}:{bound[1]}"
                return _run(service, listening, tls, ready)
            finally:
                store.close()
    except DeviceHeldError as error:
        words = f"another challenger keeps its record in {folder}: {error}"
        raise Problem(words, ExitCode.USAGE) from error
    except LockError as error:
        raise Problem(f"the challenger's folder cannot be locked: {error}", ExitCode.USAGE) from error


def read_bind(text: str) -> tuple[str, int]:
    """Host and port of ``127.0.0.1:8443`` or ``[::1]:8443``.

    Raises:
        Problem: it is none.
    """
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > _MOST_PORT:
        words = f"--bind {text[:80]}: a host and a port such as 127.0.0.1:8443 are expected"
        raise Problem(words, ExitCode.USAGE)
    return host, int(port)


class Teller:
    """Prints verdicts, and says what is to be known."""

    def __init__(self, form: Format) -> None:
        self._form = form

    def verdict(self, envelope: bytes) -> None:
        """One line a verdict; where nobody reads them any more, nodes are challenged all the same."""
        found = read_verdict(envelope).verdict
        try:
            output.line(encode(found).decode() if self._form is Format.JSONL else line_of(found))
        except output.ReaderLeft:
            diagnostics.say("netmind: nobody reads the verdicts any more; netmind challenge list shows them")
        except Problem as problem:
            diagnostics.warn(f"{problem.sentence}; netmind challenge list shows the verdicts")

    def warn(self, sentence: str) -> None:
        """On stderr."""
        diagnostics.warn(sentence)


def line_of(verdict: "ChallengeVerdict") -> str:
    """A verdict in a line for people."""
    sign = "✔" if verdict.verdict == "passed" else "✖"
    rate = quantity(verdict.rate_tops * 1e12, "OP/s")
    words = f"{sign} {verdict.finished_at}  {short(verdict.node_key)}  {verdict.chain}@{verdict.chain_version}"
    told = f"{words}  {verdict.elapsed_s:.3f} s  {rate}  {verdict.verdict}"
    return f"{told}: {verdict.reason}" if verdict.reason else told


def _service() -> "type[Service]":
    try:
        from netmind_tui.certify.challenge.server import Service as found  # noqa: N813, PLC0415 - an extra
    except ModuleNotFoundError as error:
        words = f"a challenger needs {error.name}: pip install 'netmind-tui[challenger]'"
        raise Problem(words, ExitCode.UNMEASURED) from error
    return found


def _bounds() -> "Bounds":
    from netmind_tui.certify.challenge.server import Bounds as Found  # noqa: PLC0415 - an extra

    longest = max(spec.n for spec in open_chains())
    return Found(large_bytes=large_bytes(longest))


def large_bytes(n: int) -> int:
    """The most that 64 opened rows of ``n`` bytes can be, as they are sent: base64 twice, and paths."""
    row = 4 * -(-n // 3) + _PATH_STEPS * 67 + 64
    return 4 * -(-64 * row // 3) + 4096


def _rule(name: str | None) -> "Callable[[Hello], ChainSpec | None]":
    """The chain for a node: the catalogue's rule, or the one that was asked for.

    Raises:
        Problem: there is no such chain.
    """
    chains = open_chains()
    if name is not None:
        chosen = next((each for each in chains if name in (each.id, each.name)), None)
        if chosen is None:
            known = [each.id for each in chains]
            raise Problem(f"--chain {name}: there is no such chain; {nearest(name, known)}", ExitCode.USAGE)
        return lambda _hello: chosen

    def rule(hello: "Hello") -> ChainSpec | None:
        provider = next((each for each in Provider if each.value == hello.provider), None)
        return None if provider is None else chain_for(chains, provider, hello.memory_bytes)

    return rule


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        words = f"--tls {certificate} {key}: no certificate with its key in PEM ({error.reason or 'unknown form'})"
        raise Problem(words, ExitCode.USAGE) from None
    except (OSError, ValueError) as error:
        words = f"--tls: cannot read {certificate} and {key}: {str(error).lower()}"
        raise Problem(words, ExitCode.USAGE) from None
    return context


def _no_password() -> str:
    raise ValueError("the key is locked with a password")


def _listening(host: str, port: int, shown: str) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"cannot listen at --bind {shown}: {cause}", ExitCode.USAGE) from error


def _again(wishes: Wishes) -> float:
    """How soon a node that waits asks again: often enough for the moment to be the challenger's."""
    return min(_AGAIN_S, max(wishes.call_within_s / 8, 0.05))


def _run(service: "Service", listening: socket.socket, tls: ssl.SSLContext | None, ready: str) -> ExitCode:
    """Say that it is ready, serve until a signal, and end with its code."""
    ended: list[ExitCode] = []
    before = {number: signal.getsignal(number) for number in _ENDS if signal.getsignal(number) is not signal.SIG_IGN}

    async def run() -> None:
        stopped = asyncio.Event()

        def stop(code: ExitCode) -> None:
            ended.append(code)
            stopped.set()

        loop = asyncio.get_running_loop()
        for number, own in before.items():
            try:
                loop.add_signal_handler(number, stop, _ENDS[number])
            except NotImplementedError:  # Windows: the program's own handlers end it
                signal.signal(number, own)
        if ended:  # while the loop was made
            return
        diagnostics.say(ready)
        await service.run(listening, tls, stopped)

    for number in before:  # a loop that is half made cannot be left: what comes now waits until it is there
        signal.signal(number, lambda number, _frame: ended.append(_ENDS[number]))
    try:
        asyncio.run(run())
    except Stopped as stop:
        return stop.code
    return ended[0] if ended else ExitCode.OK


def _now() -> str:
    return written(datetime.now(UTC))
