"""Keeps the machine from falling asleep by itself while work runs, where its session manager allows that.

Only what happens because nobody is there is put off (logind's ``idle``), which everybody may ask for. Suspending by
hand, the lid and an empty battery stay the owner's: a lock on ``sleep`` would take those away too.
"""

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Protocol

from netmind_tui.probe.unheard import NobodyThere, Unheard

_log = logging.getLogger(__name__)

AGAIN_S = 60.0
"""How often it is asked again after a refusal, and whether what was allowed still holds."""
_WHAT, _WHO = "idle", "NetMind node"
_WHY = "Work for others runs in the hours that the owner gave it"


class Inhibits(Protocol):
    """What allows a machine to be kept awake (``Logind``)."""

    def inhibit(self, what: str, who: str, why: str) -> int:
        """A descriptor that holds it off until it is closed, or ``Unheard``."""


class Awake:
    """Holds the machine awake, or lets it sleep. Asking blocks for a moment, and is done off the loop.

    Args:
        logind: whom to ask; ``None`` where the owner wants none of it.
        clock: monotonic seconds.
    """

    def __init__(self, logind: Inhibits | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._logind = logind
        self._clock = clock
        self._one = threading.Lock()
        self._held: int | None = None
        self._asked_s = -AGAIN_S
        self._refused: str | None = None
        self._said: set[str] = set()

    @property
    def is_held(self) -> bool:
        """Whether the machine is kept awake now."""
        return self._held is not None

    @property
    def warning(self) -> str | None:
        """Why the machine may fall asleep while it works, in a sentence, where it may."""
        return self._refused

    def needs(self, *, works: bool, on_battery: bool | None) -> bool:
        """Whether ``keep`` has anything to do; it does not block."""
        if self._logind is None:
            return False
        if not _is_wanted(works=works, on_battery=on_battery):
            return self._held is not None or self._refused is not None
        return self._clock() - self._asked_s >= AGAIN_S or (self._held is None and self._refused is None)

    def keep(self, *, works: bool, on_battery: bool | None) -> None:
        """Keep the machine awake while it works on mains, and only then."""
        with self._one:
            if not _is_wanted(works=works, on_battery=on_battery):
                self._let_go()
                self._refused = None
                self._asked_s = -AGAIN_S
            elif self._logind is not None:
                self._asked_s = self._clock()
                if self._held is not None and _is_dead(self._held):
                    self._let_go()  # logind was started anew, and knows nothing of it
                if self._held is None:
                    self._ask(self._logind)

    def close(self) -> None:
        """Let the machine sleep."""
        with self._one:
            self._let_go()

    def _ask(self, logind: Inhibits) -> None:
        try:
            self._held, self._refused = logind.inhibit(_WHAT, _WHO, _WHY), None
        except Unheard as unheard:
            self._refused = f"the machine may fall asleep while it works, and cannot be kept awake: {unheard}"
            if self._refused not in self._said and not isinstance(unheard, NobodyThere):
                self._said.add(self._refused)
                _log.warning("%s", self._refused)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held)


def _is_wanted(*, works: bool, on_battery: bool | None) -> bool:
    """On battery a machine that nobody is at had better sleep."""
    return works and on_battery is not True


def _is_dead(descriptor: int) -> bool:
    """Whether nobody has the other end any more."""
    poll = select.poll()
    poll.register(descriptor, select.POLLERR | select.POLLHUP)
    return bool(poll.poll(0))
