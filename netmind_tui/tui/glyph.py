"""The signs that screens are made of: one set for terminals with good fonts, one in plain ASCII."""

from dataclasses import dataclass
from enum import StrEnum


class Contribution(StrEnum):
    """What a device does for others, in a word."""

    CONTRIBUTING = "contributing"
    WILL = "will"
    IDLE = "idle"
    GAVE_WAY = "gave way"
    YOURS = "yours"
    DRAINING = "draining"
    LOST = "lost"
    BLOCKED = "blocked"
    OFF = "off"
    MEASURING = "measuring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One set of signs. ``top`` and ``bottom`` are corner, line, corner; ``eighths`` fill a cell by eighths."""

    name: str
    top: tuple[str, str, str]
    bottom: tuple[str, str, str]
    side: str
    eighths: str
    bar_ends: tuple[str, str]
    states: dict[Contribution, str]
    marks: dict[str, str]
    braille: bool


UNICODE = Glyphs(
    name="unicode",
    top=("╭", "─", "╮"),
    bottom=("╰", "─", "╯"),
    side="│",
    eighths=" ▏▎▍▌▋▊▉█",
    bar_ends=("▕", "▏"),
    states={
        Contribution.CONTRIBUTING: "●",
        Contribution.WILL: "▓",
        Contribution.IDLE: "░",
        Contribution.GAVE_WAY: "▲",
        Contribution.YOURS: "‖",
        Contribution.DRAINING: "◐",
        Contribution.LOST: "✖",
        Contribution.BLOCKED: "■",
        Contribution.OFF: "·",
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
    },
    braille=True,
)

ASCII = Glyphs(
    name="ascii",
    top=("+", "-", "+"),
    bottom=("+", "-", "+"),
    side="|",
    eighths="  ..::##=",
    bar_ends=("[", "]"),
    states={
        Contribution.CONTRIBUTING: "C",
        Contribution.WILL: "c",
        Contribution.IDLE: ".",
        Contribution.GAVE_WAY: "!",
        Contribution.YOURS: "P",
        Contribution.DRAINING: "d",
        Contribution.LOST: "X",
        Contribution.BLOCKED: "B",
        Contribution.OFF: " ",
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
    "µ": "u",
    "±": "+-",
    "−": "-",
    "✔": "+",
    "✖": "x",
    "▲": "!",
    "▼": "v",
    "▸": ">",
    "▶": ">",
}


def as_ascii(text: str) -> str:
    """Text without a sign that a plain font lacks, of the same width where that is possible."""
    if text.isascii():
        return text
    return "".join(_PLAIN.get(sign, sign if sign.isascii() else "?") for sign in text)


def bar(share: float | None, cells: int, glyphs: Glyphs) -> str:
    """A bar of so many cells between its ends, filled by a share from 0 to 1; empty where it is not known."""
    left, right = glyphs.bar_ends
    inner = max(0, cells - 2)
    if share is None:
        return left + " " * inner + right
    steps = len(glyphs.eighths) - 1
    filled = round(max(0.0, min(1.0, share)) * inner * steps)
    whole, rest = divmod(filled, steps)
    body = glyphs.eighths[-1] * whole + (glyphs.eighths[rest] if rest else "")
    return left + body.ljust(inner)[:inner] + right
