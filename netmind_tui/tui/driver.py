"""The doors to the terminal: Textual's own, without their polling, and without waiting for a terminal that stalls.

Textual's input threads ask ten times a second whether they are to end, and read a terminal that is gone for ever; its
output waits for whoever does not read. These sleep until there is something, and leave frames out instead.
"""

import asyncio
import os
import select
import signal
from codecs import getincrementaldecoder
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any, TextIO, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.drivers.linux_inline_driver import LinuxInlineDriver
from textual.events import CursorPosition

from netmind_tui.tui import terminal
from netmind_tui.tui.pause import Pausing, is_ignored

if TYPE_CHECKING:
    from textual.app import App

_CHUNK = 4096
_ALTERNATE = terminal.ALTERNATE.decode()
# An escape key is known as one only when nothing has followed it for a tenth of a second.
_TICK_S, _TICKS = 0.05, 6
_WAITING_FRAMES = 12


class _Wakeup(Event):
    """An event that a thread can wait for together with a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.reader, self._writer = os.pipe()
        for end in (self.reader, self._writer):
            os.set_blocking(end, False)

    def set(self) -> None:
        """Wake whoever waits."""
        super().set()
        with suppress(BlockingIOError):
            os.write(self._writer, b"!")

    def clear(self) -> None:
        """Begin anew."""
        super().clear()
        with suppress(BlockingIOError):
            os.read(self.reader, _CHUNK)


class _Sleeper(Pausing):
    """Reads the keys of a terminal, asleep until there is one."""

    fileno: int
    exit_event: Event

    def run_input_thread(self) -> None:
        """Wait for input, and send what it means; end with the process's terminal."""
        wakeup = self.exit_event
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        doors = [self.fileno, wakeup.reader] if isinstance(wakeup, _Wakeup) else [self.fileno]
        ticks = 0
        while not wakeup.is_set():
            ready, _, _ = select.select(doors, (), (), _TICK_S if ticks else None)
            ticks = max(0, ticks - 1)
            if self.fileno in ready:
                data = _read(self.fileno)
                if not data and not wakeup.is_set():
                    self._hang_up()
                    return
                ticks = _TICKS
                text = decode(data)  # nothing yet, where a sign's first bytes came alone
                for message in parser.feed(text) if text else ():
                    self._take(message)
            for message in parser.tick():
                self._take(message)

    def _take(self, message: Any) -> None:  # noqa: ANN401 - the parser's messages have no common public type
        if isinstance(message, CursorPosition) and self.is_inline:
            self.cursor_origin = (message.x, message.y)
        else:
            self.process_message(message)

    def _hang_up(self) -> None:
        clean_up = getattr(self._app, "clean_up", None)
        terminal.end_without_terminal(clean_up if callable(clean_up) else lambda: None)


class _Sink:
    """What Textual's output thread writes to: it counts what was taken, and takes the rest of a frame as bytes."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.taken = 0

    def write(self, data: str | bytes) -> None:
        """Write, for as long as that takes."""
        self._file.buffer.write(data.encode("utf-8", "replace") if isinstance(data, str) else data)
        self._file.flush()
        self.taken += 1

    def flush(self) -> None:
        """All is out already."""

    def fileno(self) -> int:
        """The terminal."""
        return self._file.fileno()


class FullDriver(_Sleeper, LinuxDriver):
    """The whole terminal. Frames that nobody reads are left out, so that the clock never waits for a terminal.

    What the terminal takes at once is written at once; only what is left wakes Textual's output thread.
    """

    def __init__(
        self, app: "App[Any]", *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        was_ignored = is_ignored()
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.heed(was_ignored=was_ignored)
        self.exit_event = _Wakeup()
        self._sink = _Sink(cast("TextIO", self._file))
        # The output thread only writes and flushes.
        self._file = cast("Any", self._sink)
        self._given = 0
        self._door: int | None = None
        self._leaves_out = False
        self._has_left_out = False
        self._stands = False

    def start_application_mode(self) -> None:
        """Take the terminal, or take it over with the picture that stands there already."""
        before = terminal.hand_over()
        self._stands = before is not None
        super().start_application_mode()  # type: ignore[no-untyped-call]
        _hear_sizes_in_turn()
        self._stands = False
        if before is not None:
            self.attrs_before = before
        with suppress(OSError):
            # A door of our own: the shell's must not become one that refuses to wait.
            name = os.ttyname(self._sink.fileno())
            self._door = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        self._leaves_out = True
        self.taken()

    def stop_application_mode(self) -> None:
        """Give the terminal back; nothing of that may be left out."""
        self.given_back()
        self._leaves_out = False
        door, self._door = self._door, None
        if door is not None:
            os.close(door)
        super().stop_application_mode()

    def write(self, data: str) -> None:
        """Write, or leave it out where the terminal has not taken what was written long before."""
        if self._stands and data == _ALTERNATE:
            return  # many terminals would empty the screen for it
        if self._leaves_out and self._waiting() >= _WAITING_FRAMES:
            self._has_left_out = True
            return
        left: str | bytes = data
        if self._door is not None and not self._waiting():
            left = _unwritten(self._door, data.encode("utf-8", "replace"))
        if left:
            self._given += 1
            super().write(cast("str", left))  # see _Sink

    def has_recovered(self) -> bool:
        """Whether a terminal that stalled takes everything again; true once, and then all is to be drawn anew."""
        if not self._has_left_out or self._waiting():
            return False
        self._has_left_out = False
        return True

    def _waiting(self) -> int:
        return self._given - self._sink.taken


class InlineDriver(_Sleeper, LinuxInlineDriver):
    """Some lines below the prompt."""

    def __init__(
        self, app: "App[Any]", *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        was_ignored = is_ignored()
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.heed(was_ignored=was_ignored)
        self.exit_event = _Wakeup()

    def start_application_mode(self) -> None:
        """Take some lines."""
        super().start_application_mode()
        _hear_sizes_in_turn()
        self.taken()

    def stop_application_mode(self) -> None:
        """Take them away."""
        self.given_back()
        super().stop_application_mode()


def _hear_sizes_in_turn() -> None:
    """Have the loop call whoever hears of a new size: within a signal, the next one overtakes it with a newer size."""
    hear = signal.getsignal(signal.SIGWINCH)
    loop = asyncio.get_running_loop()
    if callable(hear):
        signal.signal(signal.SIGWINCH, lambda *given: loop.call_soon_threadsafe(hear, *given))


def _unwritten(door: int, data: bytes) -> bytes:
    """What the terminal did not take at once."""
    try:
        return data[os.write(door, data) :]
    except BlockingIOError:
        return data
    except OSError:  # the terminal is gone; who reads it finds that out
        return b""


def _read(descriptor: int) -> bytes:
    """What was typed; nothing where nobody can type any more."""
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:
        return b""
