"""Ctrl-Z: the whole job stops after the terminal was given back, and takes it again when the shell lets it go on."""

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any

from rich.control import Control
from textual.driver import Driver
from textual.geometry import Offset


class Pausing(Driver):
    """A driver that can be stopped and goes on.

    Textual stops itself alone and by force: a ``make`` above it would wait on and hold the terminal, and where no shell
    is above, as in a pane of its own, nothing would ever let it go on. It also takes the terminal once more whenever it
    is told to go on, stopped or not.
    """

    fileno: int

    def heed(self, *, was_ignored: bool) -> None:
        """Answer the signals from now on; not the one that stops where whoever started this has no use for it.

        ``is_away`` holds while this is stopped, with the terminal given back.
        """
        self.is_away = False
        self._has_terminal = False
        self._is_stoppable = not was_ignored
        self._loop_of_app: asyncio.AbstractEventLoop | None = None
        signal.signal(signal.SIGTSTP, signal.SIG_IGN if was_ignored else self._hear)
        signal.signal(signal.SIGCONT, self._hear)

    def taken(self) -> None:
        """The terminal is ours."""
        self._has_terminal = True
        self._loop_of_app = asyncio.get_running_loop()

    def given_back(self) -> None:
        """The terminal is not ours any more."""
        self._has_terminal = False

    def pause(self) -> None:
        """Stop, and come back when told to; at once where nobody would ever tell."""
        if self.is_away or not (self._is_stoppable and self._has_terminal):
            return
        self._app.app_suspend_signal.publish(self._app)
        self._leave()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(0, signal.SIGTSTP)  # all of the job; the system ignores it where no shell could continue it
        signal.signal(signal.SIGTSTP, self._hear)
        self._come_back()

    def _hear(self, number: int, _frame: object) -> None:
        """Do it between two of the app's steps, not within one."""
        loop = self._loop_of_app
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.pause if number == signal.SIGTSTP else self._continued)

    def _continued(self) -> None:
        """Somebody let us go on; where we had been stopped by force, others have had the terminal meanwhile."""
        if not self.is_away and self._has_terminal and self._is_in_front():
            self._leave()
        self._come_back()

    def _leave(self) -> None:
        self.is_away = True
        if self.is_inline:
            # What is below the prompt is taken away, and drawn anew below the next one.
            x, y = self._app._previous_cursor_position  # noqa: SLF001 - the library has no public way
            self.write(Control.move(-x, -y).segment.text)
            self._app._previous_cursor_position = Offset(0, 0)  # noqa: SLF001 - as above
        self.suspend_application_mode()

    def _come_back(self) -> None:
        while self.is_away and not self._is_in_front():  # continued by `bg`
            os.kill(os.getpid(), signal.SIGSTOP)
        if self.is_away:
            self.is_away = False
            self.resume_application_mode()
            self.send_message(self.SignalResume())

    def _is_in_front(self) -> bool:
        with suppress(OSError):
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        return True  # there is nobody else


def is_ignored() -> bool:
    """Whether whoever started this wants no Ctrl-Z."""
    return signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN


def pause(driver: Any) -> None:  # noqa: ANN401 - of a kind that pauses, or of one that does not
    """Stop, where that can be."""
    if isinstance(driver, Pausing):
        driver.pause()
