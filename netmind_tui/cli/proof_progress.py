"""How far a proof is, on stderr: one living line for somebody who watches, a line a quarter for a log."""

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

from netmind_tui.cli import diagnostics
from netmind_tui.model.quantity import duration, percent

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

_STEP = 0.25


class ProofProgress:
    """Is told how far a proof is, from 0 to 1. What comes first, making ready, begins it anew."""

    def __init__(self) -> None:
        self._part, self._next = 0.0, _STEP
        self._began_at = monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if diagnostics.is_terminal():
            from rich.live import Live  # noqa: PLC0415 - 40 ms of imports that a log does without

            self._live = Live(
                get_renderable=self._line, console=diagnostics.console(), refresh_per_second=4, transient=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __call__(self, part: float) -> None:
        """It is so far; when it is done, its line goes."""
        if part < self._part:
            self._next, self._began_at = _STEP, monotonic()
        self._part = part
        if self._live is not None:
            self._show(self._live)
        elif self._next <= part < 1:
            quarters = int(part / _STEP)
            diagnostics.say(f"netmind: proving, {percent(quarters * _STEP)}")
            self._next = (quarters + 1) * _STEP

    def _show(self, live: "Live") -> None:
        if 0 < self._part < 1 and not live.is_started:
            live.start(refresh=True)
        elif self._part >= 1:
            self._end()

    def _end(self) -> None:
        if self._live is not None and self._live.is_started:
            with suppress(OSError):  # the terminal may be gone
                self._live.stop()
            diagnostics.settle()

    def _line(self) -> "Text":
        from rich.text import Text  # noqa: PLC0415 - see __enter__

        text = Text("▶ proving")
        text.append(f"  {percent(self._part)}", style="cyan")
        if self._part:
            left = (monotonic() - self._began_at) * (1 - self._part) / self._part
            text.append(f"  about {duration(left)} left", style="dim")
        return text
