"""Asks for how long devices are to be the owner's, and shows the command that says the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from netmind_tui.model.override import OverrideKind
from netmind_tui.tui import node_say
from netmind_tui.tui.modal.prompt import Prompt
from netmind_tui.tui.picture import Box, Span, line

_HINTS = {
    OverrideKind.CONTRIBUTE: "From now on, whatever the schedule and its guards say, even heat and battery. ",
}
_HINT = "For how long: 1h, 90m; or until when: 18:00, tomorrow 07:00, or a date such as 2026-11-27T18:00."


class SayPrompt(Prompt):
    """Ends with the words that were taken, or with ``None``; ``usual`` is what stands there at first."""

    def __init__(
        self, kind: OverrideKind, devices: Sequence[str], now: datetime, host: str = "", *, usual: str = ""
    ) -> None:
        title = f"{kind} {node_say.about(devices)}" + (f" of {host}" if host else "")
        choices = tuple(dict.fromkeys((*((usual,) if usual else ()), *node_say.CHOICES)))
        hint = _HINTS.get(kind, "") + _HINT
        super().__init__(title, hint, choices[0], lambda words: node_say.fault(words, now), choices=choices)
        self._kind, self._devices, self._host = kind, tuple(devices), host

    def box(self) -> Box:
        """The prompt, and in its lower border what it comes to."""
        twin = node_say.command(self._kind, self._devices, self.text, self._host)
        return replace(super().box(), legend=line(Span(twin, "dim")) if self.fault is None else ())


class PausePrompt(SayPrompt):
    """For how long devices are to be the owner's."""

    def __init__(self, devices: Sequence[str], now: datetime, host: str = "") -> None:
        super().__init__(OverrideKind.PAUSE, devices, now, host)
