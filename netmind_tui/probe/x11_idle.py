"""How long since the last input on an X display, asked of the server itself: the one door to X11.

The X protocol is spoken here over a socket with a time limit, for one request a second: the usual library waits for a
hung server for ever, and is not installed everywhere. Never asked of Xwayland, which sees only the input of X programs.
Source: X11 protocol, and the MIT-SCREEN-SAVER extension, which counts since the last key or pointer event.
"""

import contextlib
import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from netmind_tui.probe.unheard import Unheard, because

_DISPLAY = re.compile(r"(?:unix)?:([0-9]{1,5})(?:\.[0-9]+)?")
_COOKIE = b"MIT-MAGIC-COOKIE-1"
_WILD_FAMILY = 65535
_QUERY_EXTENSION = 98
_SAVER_QUERY_INFO = 1
_REPLY_BYTES = 32
_HEADER_BYTES = 8
_MOST_SETUP_BYTES = 1 << 18
_COMPOSITORS = frozenset({"Xwayland", "gnome-shell", "mutter", "kwin_wayland", "sway", "Hyprland", "weston"})


class X11Idle:
    """Asks one display; the connection stays open, and is made anew after it was lost.

    Args:
        display: as in ``DISPLAY``, of this machine: ``:0``.
        authority: the file with the cookies, as ``XAUTHORITY`` names it.
        folder: where the sockets of displays lie.
        timeout_s: how long each answer may take.
        retry_s: how long a display that does not tell is left alone.
        clock: monotonic seconds, for ``retry_s``.
    """

    def __init__(
        self,
        display: str,
        authority: Path | None = None,
        folder: Path = Path("/tmp/.X11-unix"),  # noqa: S108 - the fixed place of these sockets
        timeout_s: float = 0.25,
        retry_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._display = display
        self._authority = authority
        self._folder = folder
        self._timeout_s = timeout_s
        self._retry_s = retry_s
        self._clock = clock
        self._failed: tuple[float, str] | None = None
        self._socket: socket.socket | None = None
        self._saver = 0
        self._root = 0

    def idle_s(self) -> float:
        """Seconds since the last input.

        Raises:
            Unheard: the display cannot be asked, or does not answer in time.
        """
        if self._failed is not None and self._clock() - self._failed[0] < self._retry_s:
            raise Unheard(self._failed[1])
        try:
            if self._socket is None:
                self._open()
            reply = self._ask(struct.pack("=BBHI", self._saver, _SAVER_QUERY_INFO, 2, self._root))
        except TimeoutError:
            why = f"the X display {self._display} does not answer"
        except OSError as error:
            why = f"the X display {self._display} cannot be asked: {because(error)}"
        except Unheard as outcome:
            why = str(outcome)
        else:
            self._failed = None
            return int.from_bytes(reply[16:20], sys.byteorder) / 1000
        self.close()
        self._failed = (self._clock(), why)
        raise Unheard(why)

    def close(self) -> None:
        """Let go of the display."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> None:
        found = _DISPLAY.fullmatch(self._display)
        if found is None:
            raise Unheard(f"{self._display} is not a display of this machine")
        number = found[1]
        self._socket = self._connect(f"{self._folder}/X{number}")
        self._refuse_xwayland(_peer_name(self._socket) in _COMPOSITORS)
        self._root = self._set_up(number)
        self._refuse_xwayland(bool(self._extension(b"XWAYLAND")))
        self._saver = self._extension(b"MIT-SCREEN-SAVER")
        if not self._saver:
            raise Unheard(f"the X display {self._display} does not count time without input")

    def _connect(self, path: str) -> socket.socket:
        # Linux servers listen under the same name without a file, too, which outlives a cleaned /tmp.
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._timeout_s)
        try:
            try:
                connection.connect(path)
            except FileNotFoundError:
                connection.connect("\0" + path)
        except OSError:
            connection.close()
            raise
        return connection

    def _refuse_xwayland(self, is_xwayland: bool) -> None:
        if is_xwayland:
            raise Unheard(f"the X display {self._display} is Xwayland, which does not see all input")

    def _set_up(self, number: str) -> int:
        """Introduce this client, and return the root window of the first screen."""
        name, cookie = _cookie(self._authority, number)
        mark = b"l" if sys.byteorder == "little" else b"B"
        greeting = struct.pack("=cxHHHHxx", mark, 11, 0, len(name), len(cookie))
        self._send(greeting + _padded(name) + _padded(cookie))
        header = self._receive(_HEADER_BYTES)
        length = 4 * int.from_bytes(header[6:8], sys.byteorder)
        rest = self._receive(min(length, _MOST_SETUP_BYTES))
        if header[0] != 1:
            why = rest[: header[1]].decode("latin-1").strip().lower() or "no reason given"
            raise Unheard(f"the X display {self._display} lets nobody in: {why}")
        vendor, formats = int.from_bytes(rest[16:18], sys.byteorder), rest[21]
        start = 32 + vendor + -vendor % 4 + 8 * formats
        return int.from_bytes(rest[start : start + 4], sys.byteorder)

    def _extension(self, name: bytes) -> int:
        """The number of an extension's requests; 0 where the server has none."""
        words = 2 + (len(name) + 3) // 4
        reply = self._ask(struct.pack("=BxHHxx", _QUERY_EXTENSION, words, len(name)) + _padded(name))
        return reply[9] if reply[8] else 0

    def _ask(self, request: bytes) -> bytes:
        self._send(request)
        reply = self._receive(_REPLY_BYTES)
        if reply[0] != 1:
            raise Unheard(f"the X display {self._display} refuses to tell")
        return reply

    def _send(self, data: bytes) -> None:
        if self._socket is not None:
            self._socket.sendall(data)

    def _receive(self, count: int) -> bytes:
        data = b""
        while self._socket is not None and len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ConnectionResetError(f"the display {self._display} is gone")
            data += part
        return data


def environment_display(environment: Mapping[str, str]) -> tuple[str, Path | None] | None:
    """The display that this environment is at, and its cookies; none under Wayland, or through ssh."""
    display = environment.get("DISPLAY", "")
    if environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland":
        return None
    return (display, authority_of(environment)) if _DISPLAY.fullmatch(display) else None


def authority_of(environment: Mapping[str, str]) -> Path | None:
    """Where this environment keeps the cookies of its displays."""
    if named := environment.get("XAUTHORITY"):
        return Path(named)
    home = environment.get("HOME")
    return Path(home) / ".Xauthority" if home else None


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _peer_name(connection: socket.socket) -> str:
    """The program that listens at the other end."""
    with contextlib.suppress(OSError, AttributeError):
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid = struct.unpack("=iII", credentials)[0]
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    return ""


def _cookie(authority: Path | None, number: str) -> tuple[bytes, bytes]:
    """The name and data that let a client in; both empty where no cookie is kept for the display."""
    try:
        data = authority.read_bytes() if authority is not None else b""
    except OSError:
        return b"", b""
    host = socket.gethostname().encode()
    kept = [
        (family == _WILD_FAMILY or address == host, cookie)
        for family, address, display, name, cookie in _entries(data)
        if name == _COOKIE and display in (number.encode(), b"")
    ]
    return (_COOKIE, max(kept, key=lambda each: each[0])[1]) if kept else (b"", b"")


def _entries(data: bytes) -> Iterator[tuple[int, bytes, bytes, bytes, bytes]]:
    """What an authority file holds: a family, then four texts with their lengths before them, all big-endian."""
    place = 0
    while place + 2 <= len(data):
        family = int.from_bytes(data[place : place + 2], "big")
        place += 2
        texts = []
        for _ in range(4):
            length = int.from_bytes(data[place : place + 2], "big")
            texts.append(data[place + 2 : place + 2 + length])
            place += 2 + length
        address, display, name, cookie = texts
        yield family, address, display, name, cookie
