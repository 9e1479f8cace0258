"""The command palette: everything that can be done now, and everything that can be gone to, found by a few letters."""

from collections.abc import Iterator, Sequence

from netmind_tui.tui.action import Keymap, applicable
from netmind_tui.tui.bench_find import kernels
from netmind_tui.tui.modal.finder import Entry, Finder
from netmind_tui.tui.modal.help import signs
from netmind_tui.tui.skin import PALETTES, Skin
from netmind_tui.tui.state import State

# The cursor's own keys, and the palette itself, are of no use in it.
_LEFT_OUT = {"palette", "find", "next box", "box before", "down", "up", "enter", "back"}


def commands(state: State, keymap: Keymap, skin: Skin) -> list[Entry]:
    """What can be done on this screen, then what can be gone to."""
    view = state.view
    done = [
        Entry(wish=action.id, title=action.title, about=action.help, keys=signs(keymap, action), group="do")
        for action in applicable(view.screen, read_only=view.read_only)
        if action.id not in _LEFT_OUT
    ]
    return [*done, *_looks(skin), *things(state)]


def things(state: State) -> list[Entry]:
    """What can be gone to: devices, what needs the owner, and kernels."""
    return [*_devices(state), *_needs(state), *kernels(state)]


class Palette(Finder):
    """Ends with the wish that was found."""

    def __init__(self, title: str, entries: Sequence[Entry]) -> None:
        super().__init__(title, "type a few letters", entries)


def _looks(skin: Skin) -> Iterator[Entry]:
    if skin.has_colours:
        for palette in PALETTES.values():
            if palette.name != skin.palette.name:
                yield Entry(wish=f"theme {palette.name}", title=f"Theme {palette.title}", group="look")
    other, about = ("ascii", "Draw with plain ASCII signs.") if skin.glyphs.braille else ("unicode", "Draw with all.")
    yield Entry(wish=f"signs {other}", title=f"Signs {other}", about=about, group="look")


def _devices(state: State) -> Iterator[Entry]:
    for device in state.devices:
        lost = f"{device.lost}; " if device.lost else ""
        yield Entry(
            wish=f"open {device.id}", title=f"Device {device.id}", about=f"{lost}{device.name}", group="devices"
        )


def _needs(state: State) -> Iterator[Entry]:
    for row, finding in enumerate(state.needs):
        where = f" {finding.device}" if finding.device else ""
        yield Entry(wish=f"need {row}", title=f"Needs you{where}", about=finding.title, group="needs you")
