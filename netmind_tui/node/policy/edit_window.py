"""Other windows in the text of a policy file: a table that is needed otherwise is changed where it stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netmind_tui.model.policy import Window
from netmind_tui.node.policy import time as policy_time
from netmind_tui.node.policy.render import window_lines

_HEAD = re.compile(r"\s*\[")
_WINDOW = re.compile(r"\s*\[\[\s*window\s*\]\]")
_KEY = re.compile(r"(?P<lead>\s*(?P<name>days|from|to|profile)\s*=\s*)(?P<value>\[[^\[\]#]*\]|\"[^\"]*\"|'[^']*')")


def windows_of(table: dict[str, Any]) -> list[Window]:
    """The windows of a file that is in order, one for each of its tables."""
    return [
        Window(
            days=policy_time.days(row["days"]),
            start_minute=policy_time.minute(row["from"]),
            end_minute=policy_time.minute(row["to"], is_end=True),
            profile=row.get("profile"),
        )
        for row in table.get("window", [])
    ]


def matched(before: Sequence[Window], after: Sequence[Window]) -> tuple[list[Window | None], list[Window]]:
    """What becomes of each window that there is (``None``: it goes), and those that are new.

    One that is different takes the place of the one that it is most like, if any of its profile is free.
    """
    left = list(dict.fromkeys(after))
    kept: list[Window | None] = [each if each in left else None for each in before]
    left = [each for each in left if each not in kept]
    while True:
        free = [place for place, each in enumerate(kept) if each is None and before[place] not in kept]
        pairs = [
            (_likeness(before[place], each), -place, -number, place, each)
            for place in free
            for number, each in enumerate(left)
            if before[place].profile == each.profile
        ]
        if not pairs:
            return kept, left
        *_, place, each = max(pairs, key=lambda pair: pair[:3])
        kept[place] = each
        left.remove(each)


def with_tables(text: str, before: Sequence[Window], after: Sequence[Window]) -> tuple[str, tuple[Window, ...]]:
    """The text with other windows, and those in its order; comments, and everything else, stay.

    What is laid out so that this goes wrong is found out by whoever reads the outcome.
    """
    kept, new = matched(before, after)
    parts = _parts(text)
    lines: list[str] = []
    last = len(parts)
    number = -1
    for place, part in enumerate(parts):
        if not part.is_window:
            continue
        number += 1
        last = place
        became = kept[number] if number < len(kept) else None
        if became is None:
            part.head, part.keys = [], []
            while place and part.rest and not part.rest[0].strip() and not (parts[place - 1].lines or [""])[-1].strip():
                del part.rest[0]
        elif became != before[number]:
            _change(part, before[number], became)
    blocks = ["\n".join(window_lines(each)) for each in new]
    for place, part in enumerate(parts):
        lines += part.lines
        if place == last and blocks:
            lines = [*_trimmed(part, lines), *_joined(blocks), *part.rest]
    written = "\n".join(lines)
    if last == len(parts) and blocks:
        written = "\n\n".join([written.rstrip("\n"), *blocks]) + "\n"
    order = (*(each for each in kept if each is not None), *new)
    return written, tuple(dict.fromkeys(order))


@dataclass(slots=True)
class _Part:
    """A table of the file: its head, its keys with what stands among them, and the comments and blank lines below."""

    is_window: bool = False
    head: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [*self.head, *self.keys, *self.rest]


def _parts(text: str) -> list[_Part]:
    parts = [_Part()]
    for line in text.split("\n"):
        if _HEAD.match(line):
            parts.append(_Part(is_window=bool(_WINDOW.match(line)), head=[line]))
        elif not line.strip() or line.lstrip().startswith("#"):
            parts[-1].rest.append(line)  # above the next key it is the table's own, below the last it is not
        else:
            parts[-1].keys += [*parts[-1].rest, line]
            parts[-1].rest = []
    return parts


def _change(part: _Part, was: Window, now: Window) -> None:
    """Write other values where the old ones stand, or the whole table anew where they cannot be told."""
    wanted = dict(zip(("days", "from", "to"), _values(now), strict=True))
    same = dict(zip(("days", "from", "to"), _values(was), strict=True))
    left = {name for name in wanted if wanted[name] != same[name]}
    keys = []
    for line in part.keys:
        found = _KEY.match(line)
        if found is not None and found["name"] in left:
            left.discard(found["name"])
            keys.append(f"{found['lead']}{wanted[found['name']]}{line[found.end() :]}")
        else:
            keys.append(line)
    part.keys = keys if not left else window_lines(now)[1:]


def _values(window: Window) -> tuple[str, str, str]:
    values = [line.partition(" = ")[2] for line in window_lines(replace(window, profile=None))[1:]]
    return values[0], values[1], values[2]


def _trimmed(part: _Part, lines: list[str]) -> list[str]:
    """The lines up to the last window, without what stands below it."""
    return lines[: len(lines) - len(part.rest)] if part.rest else lines


def _joined(blocks: Sequence[str]) -> list[str]:
    return [line for block in blocks for line in ("", *block.split("\n"))]


def _likeness(one: Window, other: Window) -> int:
    """How much of two windows is the same."""
    return (
        2 * (one.start_minute == other.start_minute)
        + 2 * (one.end_minute == other.end_minute)
        + (one.days == other.days)
    )
