"""What the owner can say of devices, as values: the request, and the command that says the same."""

from collections.abc import Sequence
from datetime import datetime

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.moment import read_length, read_moment
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import ranges
from netmind_tui.tui.state import State

OPEN = "until I resume"
CHOICES = ("1h", "4h", "tomorrow 07:00", OPEN)
_OPEN_WORDS = frozenset({"", OPEN.lower(), "until i resume it", "resume"})


def asked(kind: OverrideKind, devices: Sequence[str], words: str, now: datetime) -> OverrideRequest:
    """The request for so long: ``1h``, ``18:00``, ``until 18:00``; or until it is resumed.

    Raises:
        Problem: that is neither a length nor a moment to come.
    """
    text = " ".join(words.split())
    if text.lower() in _OPEN_WORDS:
        return OverrideRequest(kind=kind, devices=tuple(devices), via="tui")
    text = text[6:] if text.lower().startswith("until ") else text
    try:
        for_s = read_length(text, "for")
    except Problem:
        return OverrideRequest(
            kind=kind, devices=tuple(devices), until=read_moment(text, now, option="until"), via="tui"
        )
    return OverrideRequest(kind=kind, devices=tuple(devices), for_s=for_s, via="tui")


def fault(words: str, now: datetime) -> str | None:
    """Why that is no time to pause for; ``None`` where it is one."""
    try:
        asked(OverrideKind.PAUSE, (), words, now)
    except Problem as problem:
        return problem.sentence.partition(": ")[2] or problem.sentence
    return None


def command(kind: OverrideKind, devices: Sequence[str], words: str = "", host: str = "") -> str:
    """The command that says the same: ``netmind pause gpu:1 --for 1h``."""
    text = " ".join(words.split())
    parts = ["netmind", kind.value, *devices]
    if text.lower() not in _OPEN_WORDS:
        text = text[6:] if text.lower().startswith("until ") else text
        quoted = f"'{text}'" if " " in text else text
        parts += ["--for" if _is_length(text) else "--until", quoted]
    return " ".join([*parts, *(["--host", host] if host else [])])


def selected(state: State) -> str | None:
    """The device that is looked at: that of the screen *Devices*, or the one that the cursor was moved to."""
    if state.view.screen == "devices":
        from netmind_tui.tui.screen import devices  # noqa: PLC0415 - only where somebody says something

        found = devices.chosen(state)
        return None if found is None else found.id
    if state.view.screen == "overview" and state.view.choice("device chosen", "no") == "yes":
        return under_cursor(state)
    return None


def under_cursor(state: State) -> str | None:
    """The device that the cursor of the overview is on."""
    from netmind_tui.tui.screen import overview  # noqa: PLC0415 - as above

    if state.view.screen == "devices":
        return selected(state)
    shown = overview.entries(state)
    row = min(state.view.row("devices"), len(shown) - 1)
    return shown[row].id if shown and state.view.focus.get("overview", "devices") == "devices" else None


def about(devices: Sequence[str]) -> str:
    """Of what it is said."""
    return ranges(tuple(devices)) if devices else "everything"


def _is_length(text: str) -> bool:
    try:
        read_length(text, "for")
    except Problem:
        return False
    return True
