"""The signs that screens are made of: one set for terminals with good fonts, one in plain ASCII."""

from dataclasses import dataclass
from enum import StrEnum

from netmind_tui.model.contribution import Contribution


class Beyond(StrEnum):
    """What the interface tells beside the states of a device: what is to come, and that no agent runs."""

    WILL = "will"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One set of signs.

    ``top`` and ``bottom`` are corner, line, corner; ``bar`` are a bar's full cell, its half one and its empty one, and
    ``unknown`` is what stands in it where nothing is known.
    """

    name: str
    top: tuple[str, str, str]
    bottom: tuple[str, str, str]
    side: str
    bar: tuple[str, str, str]
    unknown: str
    bar_ends: tuple[str, str]
    states: dict[Contribution | Beyond, str]
    marks: dict[str, str]
    braille: bool

    @property
    def said(self) -> dict[str, str]:
        """Marks, and the signs of states by their words."""
        return {**self.marks, **{state.value: sign for state, sign in self.states.items()}}


UNICODE = Glyphs(
    name="unicode",
    top=("╭", "─", "╮"),
    bottom=("╰", "─", "╯"),
    side="│",
    bar=("━", "╾", "─"),
    unknown="┄",
    bar_ends=("", ""),
    states={
        Contribution.CONTRIBUTING: "●",
        Beyond.WILL: "▓",
        Contribution.IDLE: "░",
        Contribution.GAVE_WAY: "▲",
        Contribution.PAUSED: "‖",
        Contribution.DRAINING: "◐",
        Contribution.LOST: "✖",
        Contribution.BLOCKED: "■",
        Contribution.OFFLINE: "·",
        Beyond.OFF: "·",
        Contribution.MEASURING: "◆",
    },
    marks={
        "pass": "✔",
        "warn": "▲",
        "unstable": "▲",
        "error": "✖",
        "fail": "✖",
        "skip": "·",
        "now": "▶",
        "chosen": "▸",
        "to come": "·",
        "dot": "·",
        "dash": "—",
        "down": "▼",
        "notice": "⚠",
        "here": "┃",
        "draft": "✎",
    },
    braille=True,
)

ASCII = Glyphs(
    name="ascii",
    top=("+", "-", "+"),
    bottom=("+", "-", "+"),
    side="|",
    bar=("=", "-", " "),
    unknown=".",
    bar_ends=("[", "]"),
    states={
        Contribution.CONTRIBUTING: "C",
        Beyond.WILL: "c",
        Contribution.IDLE: ".",
        Contribution.GAVE_WAY: "!",
        Contribution.PAUSED: "P",
        Contribution.DRAINING: "d",
        Contribution.LOST: "X",
        Contribution.BLOCKED: "B",
        Contribution.OFFLINE: " ",
        Beyond.OFF: " ",
        Contribution.MEASURING: "M",
    },
    marks={
        "pass": "+",
        "warn": "!",
        "unstable": "!",
        "error": "x",
        "fail": "x",
        "skip": "-",
        "now": ">",
        "chosen": ">",
        "to come": "-",
        "dot": "-",
        "dash": "-",
        "down": "v",
        "notice": "!",
        "here": "|",
        "draft": "*",
    },
    braille=False,
)

_PLAIN = {
    "·": "-",
    "…": "~",
    "—": "-",
    "–": "-",
    "×": "x",
    "°": "",
    "≤": "<=",
    "≥": ">=",
    "÷": "/",
    "→": "->",
    "←": "<-",
    "↑": "^",
    "↓": "v",
    "µ": "u",
    "±": "+-",
    "−": "-",
    "✔": "+",
    "✖": "x",
    "▲": "!",
    "▼": "v",
    "▸": ">",
    "▶": ">",
    "≈": "~",
    "“": '"',
    "”": '"',
    "’": "'",
}


def as_ascii(text: str) -> str:
    """Text without a sign that a plain font lacks; ``in_ascii`` of a line keeps its width, too."""
    if text.isascii():
        return text
    return "".join(_PLAIN.get(sign, sign if sign.isascii() else "?") for sign in text)


def bar(share: float | None, cells: int, glyphs: Glyphs) -> str:
    """A bar of so many cells, filled by a share from 0 to 1, to half a cell; its empty part is a thin line."""
    left, right = glyphs.bar_ends
    inner = max(0, cells - len(left) - len(right))
    if share is None:
        return left + glyphs.unknown * inner + right
    full, half, empty = glyphs.bar
    filled = round(max(0.0, min(1.0, share)) * inner * 2)
    if share > 0 and not filled and inner:
        filled = 1  # a little is not nothing
    body = full * (filled // 2) + half * (filled % 2)
    return left + body + empty * (inner - len(body)) + right
