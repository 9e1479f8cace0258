"""The agent of another machine: its socket through ``ssh -L``, in a private folder, for as long as it is needed.

No port is opened on either side, and who may do what is decided there, by the user that ssh logs in as.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
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
    '(cat <&3 >/dev/null; rm -rf -- "$folder"; kill $child 2>/dev/null) & holder=$!; '
    "exec 3<&-; wait $child; code=$?; kill $holder 2>/dev/null; exit $code"
)


@contextmanager
def remote(
    host: str, sockets: Mapping[str, str] | None = None, *, via: str = "", may_ask: bool = False
) -> Iterator[Client]:
    """A client of the agent on a host, as ssh knows it; its socket there by ``sockets``, or looked for.

    ``may_ask`` lets ssh ask for a passphrase in the terminal.

    Raises:
        NoAgent: it cannot be reached; the sentence says why.
        Problem: ``host`` is no host.
    """
    if not is_host(host):
        raise Problem(f"--host {host!r}: a host's name as ssh knows it is expected", ExitCode.USAGE)
    far = os.environ.get("NETMIND_REMOTE_SOCKET") or (sockets or {}).get(host) or _look(host, may_ask=may_ask)
    folder = _folder()
    try:
        near = folder / "s"
        with _tunnel(host, near, far, folder / "said", may_ask=may_ask):
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


def _look(host: str, *, may_ask: bool) -> str:
    """Where the agent of a host listens there."""
    # Any login shell understands this much, and quotes nothing within it.
    asked = [*_ssh(may_ask=may_ask), "--", host, f"exec sh -c '{_LOOK}'"]
    try:
        done = subprocess.run(
            asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=_READY_S + _CONNECT_S, check=False
        )
    except FileNotFoundError:
        raise _no_ssh(host) from None
    except subprocess.TimeoutExpired:
        raise NoAgent(f"{host}: ssh did not answer in time", is_absent=False) from None
    except OSError as error:
        raise NoAgent(
            f"{host}: ssh does not start: {(error.strerror or str(error)).lower()}", is_absent=False
        ) from error
    found = [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith(_MARK)]
    if found:
        return found[-1].removeprefix(_MARK)
    if done.returncode == _NONE:
        sentence = f"{host}: no agent runs there that you may ask: netmind agent install there starts one"
        raise NoAgent(sentence, is_absent=True)
    raise NoAgent(f"{host}: {_reason(done.stderr, done.returncode)}", is_absent=False)


@contextmanager
def _tunnel(host: str, near: Path, far: str, said: Path, *, may_ask: bool) -> Iterator[None]:
    """A socket here that leads to one there; nothing of it is left afterwards."""
    forward = ["-o", "ExitOnForwardFailure=yes", "-N", "-L", f"{near}:{far}"]
    command = ["sh", "-c", _LEASH, "ssh", str(near.parent), *_ssh(may_ask=may_ask), *forward, "--", host]
    with said.open("wb") as errors:
        try:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
        except OSError as error:
            raise _no_ssh(host) from error
    try:
        _wait(child, near, host, said)
        yield
    finally:
        _end(child)


def _wait(child: "subprocess.Popen[bytes]", near: Path, host: str, said: Path) -> None:
    """Until somebody listens at the socket, or ssh has given up."""
    deadline = time.monotonic() + _READY_S + _CONNECT_S
    while not _listens(near):
        if child.poll() is not None:
            raise NoAgent(f"{host}: {_reason(said.read_bytes(), child.returncode)}", is_absent=False)
        if time.monotonic() > deadline:
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
        child.wait(5)
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
    words = re.sub(r"[^ -~\u00a0-\U0010ffff]", "?", lines[-1])[:200] if lines else f"ssh ended with {code}"
    return words if lines else f"{words} and said nothing"
