"""The agent of another machine: its socket through ``ssh -L``, in a private folder, for as long as it is needed.

No port is opened on either side, and who may do what is decided there, by the user that ssh logs in as.
"""

import os
import selectors
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from netmind_tui.config.check import is_host
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.client import Client, NoAgent
from netmind_tui.node.control.place import LONGEST_BYTES

_CONNECT_S = 10
_READY_S = 20.0
_PAUSE_S = 0.02
_LOOK_S = 0.1
_END_S = 5.0
_LAST_S = 1.0
_MOST_SAID = 64 << 10
_NONE = 64
_MARK = "netmind-socket:"
# The system's agent first: its folder goes with it, so that its socket is never a leftover.
_LOOK = (
    'for s in "$NETMIND_SOCKET" /run/netmind/agent.sock "$XDG_RUNTIME_DIR/netmind/agent.sock" '
    '"/run/user/$(id -u)/netmind/agent.sock" "${XDG_STATE_HOME:-$HOME/.local/state}/netmind/agent/agent.sock"; do '
    f'[ -S "$s" ] && [ -w "$s" ] && echo "{_MARK}$s" && exit 0; done; exit {_NONE}'
)
# ssh on a leash: it ends when whoever holds the other end of this shell's stdin ends, by whatever death, and the
# private folder with it.
_LEASH = (
    'exec 3<&0; folder=$1; shift; "$@" </dev/null 3<&- & child=$!; '
    '(cat <&3 >/dev/null; rm -rf -- "$folder"; kill $child) 2>/dev/null & holder=$!; '
    "exec 3<&-; wait $child; code=$?; kill $holder 2>/dev/null; exit $code"
)


@contextmanager
def remote(
    host: str,
    sockets: Mapping[str, str] | None = None,
    *,
    via: str = "",
    may_ask: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Client]:
    """A client of the agent on a host, as ssh knows it; its socket there by ``sockets``, or looked for.

    ``may_ask`` lets ssh ask for a passphrase in the terminal. Where ``cancelled`` comes to hold, ssh is no longer
    waited for.

    Raises:
        NoAgent: it cannot be reached; the sentence says why.
        Problem: ``host`` is no host.
    """
    if not is_host(host):
        raise Problem(f"--host {host!r}: a host's name as ssh knows it is expected", ExitCode.USAGE)
    far = os.environ.get("NETMIND_REMOTE_SOCKET") or (sockets or {}).get(host)
    far = far or _look(host, may_ask=may_ask, cancelled=cancelled)
    folder = _folder()
    try:
        near = folder / "s"
        with _tunnel(host, near, far, may_ask=may_ask, cancelled=cancelled):
            yield Client(near, via=via or f"ssh from {os.uname().nodename}", place=host)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """A folder of our own, near enough to the root for a socket's path."""
    folder = Path(tempfile.mkdtemp(prefix="netmind-"))
    if len(os.fsencode(folder / "s")) > LONGEST_BYTES:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="netmind-", dir="/tmp"))
    return folder


def _look(host: str, *, may_ask: bool, cancelled: Callable[[], bool]) -> str:
    """Where the agent of a host listens there."""
    # Any login shell understands this much, and quotes nothing within it.
    asked = [*_ssh(may_ask=may_ask), "--", host, f"exec sh -c '{_LOOK}'"]
    try:
        child = subprocess.Popen(
            asked, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
    except FileNotFoundError:
        raise _no_ssh(host) from None
    except OSError as error:
        raise NoAgent(
            f"{host}: ssh does not start: {(error.strerror or str(error)).lower()}", is_absent=False
        ) from error
    try:
        answered, said = _heard(child, host, cancelled)
        code = child.wait(_END_S)
    except subprocess.TimeoutExpired:
        raise NoAgent(f"{host}: ssh does not end", is_absent=False) from None
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            assert pipe is not None  # noqa: S101 - both were asked for
            pipe.close()
    found = [line for line in answered.decode(errors="replace").splitlines() if line.startswith(_MARK)]
    if found:
        return found[-1].removeprefix(_MARK)
    if code == _NONE:
        sentence = f"{host}: no agent runs there that you may ask: netmind agent install there starts one"
        raise NoAgent(sentence, is_absent=True)
    raise NoAgent(f"{host}: {_reason(said, code)}", is_absent=False)


def _heard(child: "subprocess.Popen[bytes]", host: str, cancelled: Callable[[], bool]) -> tuple[bytes, bytes]:
    """What a program says on stdout and stderr until it ends, within a time and a size."""
    deadline = time.monotonic() + _READY_S + _CONNECT_S
    assert child.stdout is not None  # noqa: S101 - both were asked for
    assert child.stderr is not None  # noqa: S101 - see above
    heard = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    with selectors.DefaultSelector() as open_ones:
        for pipe in heard:
            open_ones.register(pipe, selectors.EVENT_READ)
        while open_ones.get_map():
            if cancelled() or time.monotonic() > deadline:
                raise NoAgent(f"{host}: ssh did not answer in time", is_absent=False)
            # What it leaves behind may keep the pipes open, and is not waited for.
            has_ended = child.poll() is not None
            ready = open_ones.select(0.0 if has_ended else _LOOK_S)
            if has_ended and not ready:
                break
            for key, _ in ready:
                data = os.read(key.fd, _MOST_SAID)
                heard[key.fd] += data
                if len(heard[key.fd]) > _MOST_SAID:
                    raise NoAgent(f"{host}: says more than a machine with an agent would", is_absent=False)
                if not data:
                    open_ones.unregister(key.fd)
    answered, said = heard.values()
    return bytes(answered), bytes(said)


@contextmanager
def _tunnel(host: str, near: Path, far: str, *, may_ask: bool, cancelled: Callable[[], bool]) -> Iterator[None]:
    """A socket here that leads to one there; nothing of it is left afterwards."""
    forward = ["-o", "ExitOnForwardFailure=yes", "-N", "-L", f"{near}:{far}"]
    command = ["sh", "-c", _LEASH, "ssh", str(near.parent), *_ssh(may_ask=may_ask), *forward, "--", host]
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0
        )
    except OSError as error:
        raise _no_ssh(host) from error
    said = _Said(child)
    try:
        _wait(child, near, host, said, cancelled)
        yield
    finally:
        _end(child)


class _Said:
    """The last that a program says on stderr, for as long as it runs; a thread reads it, so that it never waits."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child, self._last = child, b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def last(self) -> bytes:
        """What it said before it ended."""
        self._reader.join(_LAST_S)
        return self._last

    def _read(self) -> None:
        assert self._child.stderr is not None  # noqa: S101 - it was asked for
        with self._child.stderr as pipe:
            while data := pipe.read(_MOST_SAID):
                self._last = (self._last + data)[-_MOST_SAID:]


def _wait(child: "subprocess.Popen[bytes]", near: Path, host: str, said: _Said, cancelled: Callable[[], bool]) -> None:
    """Until somebody listens at the socket, or ssh has given up."""
    deadline = time.monotonic() + _READY_S + _CONNECT_S
    while not _listens(near):
        if child.poll() is not None:
            raise NoAgent(f"{host}: {_reason(said.last(), child.returncode)}", is_absent=False)
        if cancelled() or time.monotonic() > deadline:
            raise NoAgent(f"{host}: ssh did not open the way in time", is_absent=False)
        time.sleep(_PAUSE_S)


def _listens(near: Path) -> bool:
    """Whether a socket is there and more than bound."""
    if not near.exists():
        return False
    with socket.socket(socket.AF_UNIX) as knocking:
        try:
            knocking.connect(os.fspath(near))
        except OSError:
            return False
    return True


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Let go of the leash, and see that all of it ends."""
    if child.stdin is not None:
        with suppress(OSError):
            child.stdin.close()
    try:
        child.wait(_END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _ssh(*, may_ask: bool) -> Sequence[str]:
    """The program and what it is told every time: no terminal, no agent forwarding, no other connection's master."""
    program = os.environ.get("NETMIND_SSH") or "ssh"
    options = [
        f"BatchMode={'no' if may_ask else 'yes'}",
        f"ConnectTimeout={_CONNECT_S}",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        "ControlPath=none",
        "ClearAllForwardings=no",
    ]
    return [program, "-T", "-x", "-a", *(word for option in options for word in ("-o", option))]


def _no_ssh(host: str) -> NoAgent:
    program = os.environ.get("NETMIND_SSH") or "ssh"
    return NoAgent(
        f"{host}: there is no program {program}: install OpenSSH, or name one with NETMIND_SSH", is_absent=False
    )


def _reason(said: bytes, code: int) -> str:
    """What ssh said last, in a line that a terminal can show."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        return f"ssh ended with {code} and said nothing"
    return "".join(sign if sign.isprintable() else "?" for sign in lines[-1][:200])
