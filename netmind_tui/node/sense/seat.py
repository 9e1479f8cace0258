"""Who sits at this machine, and how long since the last input: the best of its sources, which is always named.

In this order: what a service notes for programs like this one; the desktops and consoles that logind knows, each by its
X server where it has one; an X server alone; the text consoles. Where nobody can sit, because nobody is logged in and
nothing draws a desktop, nobody does. What has told once and tells no more is never replaced by a guess. Moments that
others note are of the wall clock: what follows from one is counted on from when it was first seen, whatever that clock
is set to.
"""

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from netmind_tui.node.sense.words import length
from netmind_tui.probe import idle_shmem
from netmind_tui.probe.login import Login, consoles_at, read_logins, typed_at
from netmind_tui.probe.logind import Logind, Session
from netmind_tui.probe.process_list import ProcessList, known_as
from netmind_tui.probe.unheard import Unheard
from netmind_tui.probe.wsl_idle import WslIdle
from netmind_tui.probe.x11_idle import X11Idle, authority_of, environment_display

HINTED = "desktop tells idleness"
"""What is learnt of a machine whose desktop has once said that nobody is there; some never do."""
_LOGIND, _NOTE, _TTY = "logind", "idle_detect", "tty"
_NEVER_AWAY_S = 8 * 3600.0
_SHORT_S = 60.0
_DESKTOPS = known_as(
    (
        *("Xorg", "X", "Xwayland", "Xvnc", "gnome-shell", "kwin_wayland", "kwin_x11", "mutter", "cinnamon", "sway"),
        *("Hyprland", "weston", "wayfire", "niri", "river", "labwc", "cosmic-comp", "gamescope", "cage", "kodi"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """How long nobody has touched the machine, told by ``source``; infinitely, where nobody sits at it.

    ``unknown`` says in a clause why that cannot be told. ``learnt`` is what this machine is now known to have.
    """

    seconds: float | None = None
    words: str | None = None
    source: str | None = None
    unknown: str | None = None
    learnt: tuple[str, ...] = ()


class Seat(Protocol):
    """Tells how long nobody has touched the machine."""

    def idle(self, *, counts_remote: bool, known: frozenset[str]) -> Idle:
        """Since the last input, that of remote logins too if asked; ``known``: what this machine ever had."""

    def close(self) -> None:
        """Let go of its sources."""


@dataclass(slots=True, kw_only=True)
class ThisSeat:
    """This machine's; ``processes`` have just been looked at. All that is asked answers within parts of a second.

    ``under_wsl``: then only Windows knows, and ``windows`` asks it where the owner allows that. ``now`` is Unix time,
    ``clock`` monotonic seconds as logind's are, without the time that the machine was suspended.
    """

    processes: ProcessList
    logind: Logind
    under_wsl: bool = False
    windows: WslIdle | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path = Path("/")
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    _displays: dict[str, X11Idle] = field(default_factory=dict)
    _stamps: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    _busy_since_s: dict[str, float] = field(default_factory=dict)

    def idle(self, *, counts_remote: bool, known: frozenset[str]) -> Idle:
        """Since the last input, that of remote logins too if asked."""
        sessions, why = self._sessions()
        local = self._local(sessions, why, known)
        remote = self._remote(sessions) if counts_remote and local.seconds is not None else None
        return remote if remote is not None and (remote.seconds or 0.0) < (local.seconds or 0.0) else local

    def close(self) -> None:
        """Let go of every source."""
        self.logind.close()
        for display in self._displays.values():
            display.close()
        if self.windows is not None:
            self.windows.close()

    def _sessions(self) -> tuple[tuple[Session, ...] | None, str]:
        try:
            return self.logind.sessions(), ""
        except Unheard as outcome:
            return None, str(outcome)

    def _local(self, sessions: tuple[Session, ...] | None, why: str, known: frozenset[str]) -> Idle:
        if self.under_wsl:
            return self._in_windows()
        if (noted := self._noted(known)) is not None:
            return noted
        if sessions is not None:
            return self._of_sessions(sessions, known)
        alone = self._x11_alone()
        if alone is not None:
            return alone
        if _LOGIND in known:
            return Idle(source=_LOGIND, unknown=why)
        return self._headless(why)

    def _noted(self, known: frozenset[str]) -> Idle | None:
        """What the service idle_detect notes; none where it does not run, or has never run well."""
        path = self.root / idle_shmem.PATH.relative_to("/")
        try:
            at = idle_shmem.active_at(self.now(), path)
        except Unheard as outcome:
            return Idle(source=_NOTE, unknown=str(outcome)) if _NOTE in known else None
        return None if at is None else _since(self._ago({_NOTE: at}), _NOTE, _NOTE)

    def _in_windows(self) -> Idle:
        if self.windows is None:
            return Idle(source="windows", unknown="only Windows knows, and you have not allowed to ask it")
        try:
            return _since(self.windows.idle_s(), "windows, which sees neither gamepads nor films")
        except Unheard as outcome:
            return Idle(source="windows", unknown=str(outcome))

    def _of_sessions(self, sessions: tuple[Session, ...], known: frozenset[str]) -> Idle:
        here = [each for each in sessions if each.is_local and each.state == "active"]
        self._busy_since_s = {name: at for name, at in self._busy_since_s.items() if name in {s.id for s in here}}
        found = [self._of_session(each, known) for each in here]
        if not found:
            return Idle(seconds=math.inf, words="nobody is logged in here", source=_LOGIND, learnt=(_LOGIND,))
        blind = next((each for each in found if each.unknown is not None), None)
        least = min(found, key=lambda each: math.inf if each.seconds is None else each.seconds)
        return least if blind is None or least.seconds == 0.0 else blind

    def _of_session(self, session: Session, known: frozenset[str]) -> Idle:
        if session.kind == "x11" and session.display:
            try:
                return _since(self._display(session.display).idle_s(), "x11", _LOGIND)
            except Unheard:
                pass  # the desktop itself may tell
        if not session.is_graphical:
            return self._of_console(session)
        if session.is_idle and session.idle_since_s is not None:
            self._busy_since_s.pop(session.id, None)
            return _since(self.clock() - session.idle_since_s, _LOGIND, _LOGIND, HINTED)
        busy_since_s = self._busy_since_s.setdefault(session.id, self.clock())
        if HINTED not in known and self.clock() - busy_since_s > _NEVER_AWAY_S:
            why = f"the desktop of {session.user} has not said once in {length(_NEVER_AWAY_S)} that nobody is there"
            return Idle(source=_LOGIND, unknown=why, learnt=(_LOGIND,))
        return Idle(seconds=0.0, words=f"{session.user} uses the desktop", source=_LOGIND, learnt=(_LOGIND,))

    def _of_console(self, session: Session) -> Idle:
        """A text console: logind gives its last input, and so does the terminal."""
        if session.idle_since_s is not None:
            return _since(self.clock() - session.idle_since_s, _LOGIND, _LOGIND)
        typed = typed_at(self.root, session.tty) if session.tty else {}
        if not typed:
            return Idle(source=_LOGIND, unknown=f"the console of {session.user} does not tell when it was used")
        return _since(self._ago(typed), _TTY, _LOGIND)

    def _x11_alone(self) -> Idle | None:
        """A desktop that logind does not know of: the display that this process was started at."""
        at = environment_display(self.environment)
        if at is None:
            return None
        try:
            return _since(self._display(at[0]).idle_s(), "x11")
        except Unheard:
            return None

    def _headless(self, why: str) -> Idle:
        """Whether nobody can sit here but at a text console, as far as the processes show it; else who typed there."""
        if self.processes.blind is not None:
            return Idle(source="process list", unknown=f"{why}, and {self.processes.blind}")
        desktops = self.processes.running(_DESKTOPS)
        if desktops:
            return Idle(source="process list", unknown=f"{why}, and {desktops[0].name} draws a desktop")
        typed = consoles_at(self.root)
        if any(not login.is_remote and login.line not in typed for login in self._logins()):
            return Idle(source="login records", unknown=f"{why}, and somebody is logged in")
        if typed:
            return _since(self._ago(typed), _TTY)
        return Idle(seconds=math.inf, words="nobody sits here: no desktop, nobody at a console", source="process list")

    def _remote(self, sessions: tuple[Session, ...] | None) -> Idle | None:
        """What those who came over the network typed last: any terminal counts, as long as one of them is there."""
        if sessions is not None:
            is_any = any(each.is_remote and each.is_somebodys for each in sessions)
        else:
            is_any = any(login.is_remote for login in self._logins())
        typed = typed_at(self.root) if is_any else {}
        return _since(self._ago(typed), "tty of a remote login") if typed else None

    def _logins(self) -> tuple[Login, ...]:
        return read_logins(self.root) or ()

    def _ago(self, stamps: Mapping[str, float]) -> float:
        """The seconds since the last of some moments of the wall clock, each under the name of what noted it.

        A clock that was set before this program first looked cannot be told from one that was not: then nothing is
        longer ago than the machine runs.
        """
        now, clock = self.now(), self.clock()
        for name, at in stamps.items():
            if name not in self._stamps or self._stamps[name][0] != at:
                self._stamps[name] = (at, min(max(0.0, now - at), clock), clock)
        return min(ago + clock - seen for _, ago, seen in (self._stamps[name] for name in stamps))

    def _display(self, name: str) -> X11Idle:
        if name not in self._displays:
            folder = self.root / "tmp/.X11-unix"
            self._displays[name] = X11Idle(name, authority_of(self.environment), folder)
        return self._displays[name]


def _since(seconds: float, source: str, *learnt: str) -> Idle:
    seconds = max(0.0, seconds)
    words = f"input {length(seconds)} ago" if seconds < _SHORT_S else f"no input for {length(seconds)}"
    return Idle(seconds=seconds, words=words, source=source, learnt=learnt)
