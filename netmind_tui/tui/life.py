"""The app's life in its terminal: how it takes it, gives it back, is stopped and goes on, and ends whatever happens."""

import os
import signal
from typing import ClassVar

from rich.segment import Segments
from textual.binding import Binding, BindingType
from textual.driver import Driver

from netmind_tui.model.exit import ExitCode
from netmind_tui.tui import terminal
from netmind_tui.tui.keyboard import Keyboard

_GRACE_S = 5.0


class Life(Keyboard):
    """An app that never leaves a terminal in a state that it did not find it in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Priority: these work whatever has the focus, as in every other program.
        Binding("ctrl+q,ctrl+c", "leave", show=False, priority=True, system=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True, system=True),
    ]
    INLINE_PADDING = 0
    _is_ending = False

    def on_load(self) -> None:
        """Before anything is drawn: what was stopped by the shell is drawn anew when it goes on."""
        self.app_resume_signal.subscribe(self, lambda _: self.draw_anew())

    def clean_up(self) -> None:
        """End the children, whatever becomes of the terminal; may be called twice, and from any thread."""

    def draw_anew(self) -> None:
        """Draw every cell, whatever the terminal shows."""
        for screen in self.screen_stack:
            screen.refresh(layout=True)

    def action_suspend_process(self) -> None:
        """Stop; the shell's ``fg`` lets it go on."""
        if os.name == "posix" and not self.is_headless:
            from netmind_tui.tui.pause import pause  # noqa: PLC0415 - only where there are terminals

            pause(self._driver)

    def look_at_terminal(self) -> None:
        """Once a second: end where the terminal is gone, draw anew where it has come back to itself."""
        if self.is_headless:
            return
        if terminal.has_hung_up():
            terminal.end_without_terminal(self.clean_up)
        has_recovered = getattr(self._driver, "has_recovered", lambda: False)
        if has_recovered():
            self.draw_anew()

    def _told_to_end(self, number: int) -> None:
        """A signal asks the process to end: within a moment, even where the terminal takes nothing more."""
        code = terminal.SIGNALLED + number
        if self._is_ending:  # a shell that goes away says so, and then so does the system
            return
        self._is_ending = True
        if getattr(self._driver, "is_away", False):  # the terminal is given back already, and the shell's
            terminal.end_without_terminal(self.clean_up, code)
        # In a thread: what runs here may hold what the cleaning needs.
        is_gone = number == getattr(signal, "SIGHUP", None) and terminal.has_hung_up()
        terminal.end_within(0.0 if is_gone else _GRACE_S, code, self.clean_up)
        if not is_gone and self._loop is not None:
            self._loop.call_soon_threadsafe(self.exit, code)

    def _build_driver(self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None) -> Driver:
        if headless or os.name != "posix":
            return super()._build_driver(headless, inline, mouse, size)
        from netmind_tui.tui.driver import FullDriver, InlineDriver  # noqa: PLC0415 - only where there are terminals

        terminal.remember()
        terminal.on_end(self._told_to_end)
        kind = InlineDriver if inline else FullDriver
        self._driver = kind(self, debug="debug" in self.features, mouse=mouse, size=size)
        return self._driver

    def _fatal_error(self) -> None:
        """What is said about an error of ours once the terminal is given back: where it was, and no values."""
        from rich.traceback import Traceback  # noqa: PLC0415 - 50 ms that a program without a fault does without

        self._return_code = ExitCode.CRASHED
        where = Traceback(show_locals=False, width=None)
        sentence = "netmind-tui crashed: this is a fault of the program; `netmind` goes on working without it"
        # Of several renderables the library prints the first one alone.
        words = [*self.console.render(where, self.console.options), *self.console.render(sentence)]
        self._exit_renderables.append(Segments(words))
        self._close_messages_no_wait()
