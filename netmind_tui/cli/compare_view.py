"""A comparison and the list of kept runs, for people."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.bench.report import markdown_row
from netmind_tui.cli.page import MARKS, Page, printed
from netmind_tui.model.comparison import Compared, Comparison, HistoryDocument, Judgement
from netmind_tui.model.finding import Status
from netmind_tui.model.quantity import quantity, significant

if TYPE_CHECKING:
    from rich.console import RenderableType

T = TypeVar("T")

WIDE, MIDDLE = 96, 78
_MARKS = {
    Judgement.BETTER: ("▲", "green"),
    Judgement.SAME: ("=", ""),
    Judgement.WORSE: ("▼", "bold red"),
    Judgement.NOT_COMPARABLE: ("·", "yellow"),
}
_WORDS = {Judgement.NOT_COMPARABLE: "not comparable"}
_SHORT = {Judgement.NOT_COMPARABLE: "incomparable"}
_MARKDOWN = ("kernel", "device", "base", "new", "new ÷ base", "99 % interval", "judgement", "note")
_SHOWN = 3


def table(comparison: Comparison, page: Page) -> str:
    """First what differs in the conditions, then each device's kernels, then what they come to."""
    return printed(_blocks(_harmless(comparison), page.width), page)


def _blocks(comparison: Comparison, width: int) -> "Iterator[RenderableType]":
    title = Text("netmind compare", style="bold")
    yield title.append(f" · {_named(comparison.base)} → {_named(comparison.new)}", style="dim")
    if comparison.conditions:
        yield Text("conditions that differ:", style="yellow")
        rows = Table.grid(padding=(0, 1))
        rows.add_column(width=1)
        rows.add_column()
        rows.add_column(overflow="fold")
        for each in comparison.conditions:
            name = f"{each.what} of {each.device}" if each.device else each.what
            rows.add_row("", Text(name, style="dim"), f"{each.base} → {each.new}")
        yield rows
    else:
        yield Text("conditions: the same", style="dim")
    for device, group in groupby(sorted(comparison.kernels, key=lambda row: row.device), lambda row: row.device):
        yield Text()
        yield Text(device, style="bold cyan")
        same = list(group)
        yield _kernels(same, width) if width >= MIDDLE else _narrow(same)
        for row in same:
            if row.reason:
                yield Padding(Text(f"{row.kernel}: {row.reason}", style="dim"), (0, 0, 0, 3))
    yield Text()
    yield _verdict(comparison)


def _kernels(rows: Iterable[Compared], width: int) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    grid.add_column("", width=1)
    grid.add_column("kernel", overflow="fold")
    for name in ("base", "new", "ratio", "99 % interval"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True)
    for row in rows:
        mark, style = _MARKS[row.judgement]
        words = _WORDS if width >= WIDE else _SHORT
        figures = (_figure(row.base, row), _figure(row.new, row), _ratio(row), _interval(row))
        word = words.get(row.judgement, row.judgement)
        grid.add_row(Text(mark, style=style), row.kernel, *figures, Text(word, style=style))
    return grid


def _narrow(rows: Iterable[Compared]) -> Text:
    """The same with the figures below each kernel, for a page on which they have no room beside it."""
    text = Text()
    for row in rows:
        mark, style = _MARKS[row.judgement]
        text.append(f"{mark} ", style=style).append(f"{row.kernel}: ")
        text.append(f"{_WORDS.get(row.judgement, row.judgement)}\n", style=style)
        text.append(f"   {_figure(row.base, row)} → {_figure(row.new, row)}\n")
        if row.ratio is not None:
            text.append(f"   ratio {_ratio(row)}, 99 % in {_interval(row)}\n", style="dim")
    text.rstrip()
    return text


def _figure(value: float | None, row: Compared) -> str:
    return quantity(value, row.unit or "")


def _ratio(row: Compared) -> str:
    return "—" if row.ratio is None else f"{row.ratio:.3f}"


def _interval(row: Compared) -> str:
    return "—" if row.interval is None else f"{row.interval[0]:.3f} – {row.interval[1]:.3f}"


def _named(ids: tuple[str, ...]) -> str:
    return ids[0] if len(ids) == 1 else f"{len(ids)} runs up to {ids[-1]}"


def _verdict(comparison: Comparison) -> Text:
    counts: dict[Judgement, int] = {}
    for row in comparison.kernels:
        counts[row.judgement] = counts.get(row.judgement, 0) + 1
    words = {
        Status.FAIL: "regression",
        Status.SKIP: "nothing comparable",
        Status.PASS: "no regression",
    }
    mark, style = MARKS[comparison.verdict]
    summary = ", ".join(f"{counts[each]} {_WORDS.get(each, each)}" for each in Judgement if each in counts)
    text = Text(f"{mark} {words[comparison.verdict]}", style=style)
    threshold = f"threshold {significant(100 * comparison.threshold, 2)} %"
    return text.append(f"  {summary + ' · ' if summary else ''}{threshold}", style="")


def markdown(comparison: Comparison) -> str:
    """The same as a table for an issue or a wiki."""
    comparison = _harmless(comparison)
    lines = [
        f"**netmind compare** · {_named(comparison.base)} → {_named(comparison.new)}",
        "",
        markdown_row(_MARKDOWN),
        markdown_row("---" for _ in _MARKDOWN),
    ]
    for row in comparison.kernels:
        word = _WORDS.get(row.judgement, row.judgement)
        figures = (_figure(row.base, row), _figure(row.new, row), _ratio(row), _interval(row))
        lines.append(markdown_row((row.kernel, row.device, *figures, f"**{word}**", row.reason or "")))
    if comparison.conditions:
        lines += ["", "Conditions that differ:", ""]
        for each in comparison.conditions:
            name = f"{each.what} of {each.device}" if each.device else each.what
            lines.append(f"- {name}: {each.base} → {each.new}")
    return "\n".join([*lines, "", _verdict(comparison).plain]) + "\n"


def history_table(history: HistoryDocument, page: Page) -> str:
    """The kept runs, newest first, each with its figures below."""
    return printed(_history(_harmless(history), page.width), page)


def _history(history: HistoryDocument, width: int) -> "Iterator[RenderableType]":
    for run in history.runs:
        mark, style = MARKS[run.verdict]
        line = Text(f"{mark} ", style=style).append(run.run_id, style="bold")
        line.append(f" · {run.started_at[:16].replace('T', ' ')} UTC · {run.suite} · ", style="dim")
        yield line.append(run.verdict, style=style).append(f" · {run.stopped}" if run.stopped else "", style="dim")
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=1)
        for _ in range(3 if width >= MIDDLE else 2):
            grid.add_column(no_wrap=True)
        for figure in run.figures:
            cells = [f"{figure.kernel} on {figure.device}", quantity(figure.value, figure.unit)]
            grid.add_row("", *cells, *([figure.status] if width >= MIDDLE else []))
        yield grid
    count = len(history.runs)
    yield Text(f"{count} {'run' if count == 1 else 'runs'} kept", style="dim")


def _harmless(value: T) -> T:
    """The same without what a terminal would obey: these words come from files."""
    found: Any = value
    if isinstance(value, str) and not isinstance(value, Enum):
        found = "".join(sign if sign.isprintable() else "?" for sign in value)
    elif isinstance(value, tuple):
        found = tuple(map(_harmless, value))
    elif is_dataclass(value) and not isinstance(value, type):
        found = replace(value, **{member.name: _harmless(getattr(value, member.name)) for member in fields(value)})
    return found  # type: ignore[no-any-return] # it has the type it had
