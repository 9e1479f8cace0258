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
from netmind_tui.certify.challenge import own_key
from netmind_tui.certify.challenge.call import Switchboard
from netmind_tui.certify.challenge.clock import RealClock, RealDice
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.limit import Bounds
from netmind_tui.certify.challenge.rows import large_bytes
from netmind_tui.certify.challenge.store import STOPPED, STORE_FILE, Store
from netmind_tui.certify.moment import written
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.trust import read_keys
from netmind_tui.cli import diagnostics
from netmind_tui.cli.challenge_teller import Teller
from netmind_tui.cli.challenge_tls import tls_of
from netmind_tui.cli.output import Format
from netmind_tui.model.chain import ChainSpec, chain_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.place import is_loopback
from netmind_tui.model.problem import Problem, Stopped, nearest
from netmind_tui.paths import challenger_dir

if TYPE_CHECKING:
    from collections.abc import Callable

    from netmind_tui.certify.challenge.message import Hello
    from netmind_tui.certify.challenge.server import Service

_BACKLOG = 128
_MOST_PORT = 65535
_AGAIN_S = 15.0
_MOST_CALL_WITHIN_S = 30 * 86400.0
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
    return own_key.opened(challenger_dir(), _now())


def serve(wishes: Wishes) -> ExitCode:
    """Challenge whoever asks, until a signal ends it.

    Raises:
        Problem: it cannot listen there, or another challenger has the same record.
    """
    host, port = read_bind(wishes.bind)
    if wishes.tls is None and not is_loopback(host):
        words = f"--bind {wishes.bind}: beyond this machine --tls CERT KEY is expected"
        raise Problem(words, ExitCode.USAGE)
    if not 0 <= wishes.call_within_s <= _MOST_CALL_WITHIN_S:
        words = f"--call-within {wishes.call_within_s:g}: 0 to {_MOST_CALL_WITHIN_S:.0f} s are expected"
        raise Problem(words, ExitCode.USAGE)
    choose = _rule(wishes.chain)
    allowed = frozenset(key for path in wishes.allow for key in read_keys(path)) if wishes.allow else None
    tls = None if wishes.tls is None else tls_of(*wishes.tls)
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
                _leave(store)
    except DeviceHeldError as error:
        words = f"another challenger keeps its record in {folder}: {error}"
        raise Problem(words, ExitCode.USAGE) from error
    except LockError as error:
        raise Problem(f"the challenger's folder cannot be locked: {error}", ExitCode.USAGE) from error


def _leave(store: Store) -> None:
    """Record that whatever is under way ends here."""
    try:
        store.abandon(datetime.now(UTC), STOPPED)
    except Problem as problem:
        diagnostics.warn(f"{problem.sentence}; what was under way is recorded at the next start")
    finally:
        store.close()


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


def _service() -> "type[Service]":
    from netmind_tui.certify.challenge.server import Service as Found  # noqa: PLC0415 - 100 ms that a list spares

    return Found


def _bounds() -> Bounds:
    longest = max(spec.n for spec in open_chains())
    return Bounds(large_bytes=large_bytes(longest))


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
