"""The screens: each module draws its body from the state, and knows its boxes, their rows and its twin command."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.later import Later
from netmind_tui.tui.picture import Line
from netmind_tui.tui.state import State


class Body(Protocol):
    """What the frame asks of a screen. All of it is computed from the state, and nothing is kept."""

    def body(self, state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
        """The lines between the state line and the foot; fewer or more are filled or cut."""

    def boxes(self, state: State) -> Sequence[str]:
        """The names of the boxes that can have the focus, in the order of tab."""

    def count(self, state: State, box: str) -> int:
        """How many rows a box has for the cursor."""

    def opened(self, state: State, box: str, row: int) -> str | None:
        """The action that ``enter`` is on a row of a box, if any: ``go devices``, ``open gpu:4``."""

    def twin(self, state: State) -> str:
        """The command that shows the same."""


HOMES: Mapping[str, Later[Body]] = {
    "overview": Later(f"{__name__}.overview"),
    "devices": Later(f"{__name__}.devices"),
    "bench": Later(f"{__name__}.bench"),
    "schedule": Later(f"{__name__}.schedule"),
    "earnings": Later(f"{__name__}.empty", "EARNINGS"),
    "cert": Later(f"{__name__}.cert"),
    "activity": Later(f"{__name__}.activity"),
    "settings": Later(f"{__name__}.settings"),
    "first run": Later(f"{__name__}.first_run"),
}


class _Screens(Mapping[str, Body]):
    """Each screen is loaded when it is first shown: the first picture does without the others' 100 ms."""

    def __getitem__(self, name: str) -> Body:
        return HOMES[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(HOMES)

    def __len__(self) -> int:
        return len(HOMES)


_SCREENS = _Screens()


def modules() -> Mapping[str, Body]:
    """The module of each screen, by its name."""
    return _SCREENS
