"""Who hears what a challenger does, such as the command that started it."""

from typing import Protocol

from netmind_tui.certify.challenge.clock import Clock

_AGAIN_S = 600.0


class Told(Protocol):
    """Hears every verdict, and what else is to be known."""

    def verdict(self, envelope: bytes) -> None:
        """A challenge has its verdict."""

    def warn(self, sentence: str) -> None:
        """Something is to be known."""


class Trouble:
    """What goes on being wrong, said once and not each second: the same sentence is told every ten minutes at most."""

    def __init__(self, told: Told, clock: Clock) -> None:
        self._told, self._clock = told, clock
        self._sentence, self._until = "", 0.0

    def warn(self, sentence: str) -> None:
        """Tell it, unless it was told a while ago."""
        now = self._clock.elapsed()
        if sentence != self._sentence or now >= self._until:
            self._sentence, self._until = sentence, now + _AGAIN_S
            self._told.warn(sentence)
