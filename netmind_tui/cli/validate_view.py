"""``netmind validate`` for people: a line a requirement, and in full what is not met, with its fix."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netmind_tui.certify.judgement_row import Row, counted, required_of, rows_of
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import MARKS, Page, printed
from netmind_tui.model.doctor import WORST_FIRST
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.quantity import significant
from netmind_tui.model.requirement import Baseline, Judgement, ProfilesDocument, Validation

if TYPE_CHECKING:
    from rich.console import RenderableType

_KINDS = {"now": "run", "run": "kept run", "certificate": "certificate"}
_LONGEST_WORD = 28


def table(validation: Validation, page: Page, *, strict: bool = False) -> str:
    """The validation on a page of any width."""
    from rich.text import Text  # noqa: PLC0415 - 40 ms that only tables need

    validation = harmless(validation)
    rows = rows_of(validation.judgements)
    troubles = _troubles(rows)
    blocks: list[RenderableType] = [*_head(validation), Text(""), _table(rows, page.width), Text("")]
    blocks += [*map(_trouble, troubles), *([Text("")] if troubles else [])]
    return printed([*blocks, _verdict(validation, strict=strict)], page)


def _head(validation: Validation) -> "Iterator[RenderableType]":
    from rich.text import Text  # noqa: PLC0415 - see table

    asked, against = validation.requirements, validation.against
    yield Text.assemble(("netmind validate", "bold"), f" · {validation.name} · {validation.validated_at[:16]} UTC")
    if asked is not None:
        yield Text(asked.title)
    at = f" of {against.measured_at[:16]} UTC" if against.measured_at else ""
    suite = f", suite {against.suite}" if against.suite else ""
    yield Text(f"against: {_KINDS[against.kind]} {against.name}{at}{suite}", style="dim")
    if against.suite_reason:
        yield Text(f"because {against.suite_reason}", style="dim")
    if validation.baseline is not None:
        yield Text(_baseline(validation.baseline), style="dim")
        for line in _conditions(validation.baseline):
            yield Text(f"  {line}", style="yellow")


def _baseline(baseline: Baseline) -> str:
    """What the rates were held against, on one line."""
    runs = baseline.runs
    which = f"run {runs[0]}" if len(runs) == 1 else f"{len(runs)} runs up to {runs[-1]}"
    threshold = f"threshold {significant(100 * baseline.threshold, 2)} %"
    conditions = "conditions that differ:" if baseline.conditions else "conditions: the same"
    return f"baseline: {baseline.name}, {which} of {baseline.measured_at[:16]} UTC, {threshold}; {conditions}"


def _conditions(baseline: Baseline) -> "Iterator[str]":
    for each in baseline.conditions:
        yield f"{each.what}{f' of {each.device}' if each.device else ''}: {each.base} → {each.new}"


def _table(rows: Sequence[Row], width: int) -> "RenderableType":
    from rich.text import Text  # noqa: PLC0415 - see table

    from netmind_tui.cli.figure_table import Column, figure_table  # noqa: PLC0415 - see table

    firsts = [row.first for row in rows]
    signs = [Text(MARKS[each.status][0], style=MARKS[each.status][1]) for each in firsts]
    actual, required = [row.actual for row in rows], [required_of(each) for each in firsts]
    columns = (
        Column("", (signs,)),
        Column("requirement", ([each.id for each in firsts], [_cut(each.id, 14) for each in firsts]), rank=1),
        Column("device", ([row.devices for row in rows],), rank=2),
        Column(
            "actual",
            (actual, [_cut(each, _LONGEST_WORD) for each in actual], [_cut(each, 16) for each in actual]),
            rank=4,
        ),
        Column(
            "required",
            (required, [_cut(each, _LONGEST_WORD) for each in required], [_cut(each, 14) for each in required]),
            rank=5,
        ),
        Column("evidence", ([each.evidence or "—" for each in firsts],), rank=7),
        Column("status", ([Text(each.status, style=MARKS[each.status][1]) for each in firsts],), rank=3),
        Column("action", ([_action(each) for each in firsts],), rank=6),
    )
    return figure_table(columns, width)


def _troubles(rows: Sequence[Row]) -> list[list[Row]]:
    """What is not met, the worst first; those that come from the same cause together."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: WORST_FIRST.index(row.first.status)):
        first = row.first
        if first.status is not Status.PASS:
            groups.setdefault((first.status, first.summary, first.remediation, first.action), []).append(row)
    return list(groups.values())


def _trouble(group: Sequence[Row]) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415 - see table
    from rich.text import Text  # noqa: PLC0415 - see table

    row, first = group[0], group[0].first
    mark, style = MARKS[first.status]
    text = Text("; ".join(each.first.title for each in group), style="bold")
    others = len(row.judgements) - 1
    text.append(f"\n{first.summary}" + (f" (and {others} more: {row.devices})" if others else ""), style="not bold")
    if first.purpose and len(group) == 1:
        text.append(f"\nwhy: {first.purpose}", style="not bold dim")
    if first.remediation:
        text.append(f"\nfix: {first.remediation}", style="not bold")
    ids = ", ".join(each.first.id for each in group)
    text.append(f"\n{first.status} · {ids} · action {first.action}", style="not bold dim")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=f"bold {style}"), text)
    return grid


def _verdict(validation: Validation, *, strict: bool) -> "RenderableType":
    from rich.text import Text  # noqa: PLC0415 - see table

    mark, style = MARKS[validation.verdict]
    said = counts(validation)
    if strict and validation.verdict is Status.WARN:
        said += " (--strict: that is a failure)"
    action = "" if validation.action is Action.NONE else f" · action {validation.action}"
    return Text.assemble((f"{mark} ", f"bold {style}"), (said + action, "bold"))


def counts(validation: Validation) -> str:
    """The verdict, and how many requirements came to what."""
    return f"{validation.verdict}: {counted(validation.judgements)}"


def markdown(validation: Validation) -> str:
    """The validation in Markdown, for an issue or the summary of a CI job."""
    validation = harmless(validation)
    asked, against = validation.requirements, validation.against
    at = f" of {against.measured_at}" if against.measured_at else ""
    lines = [
        f"## {MARKS[validation.verdict][0]} {_safe(validation.name)}: {validation.verdict}",
        "",
        (f"{_safe(asked.title)} · " if asked else "")
        + f"against {_KINDS[against.kind]} {_safe(against.name)}{at}"
        + (f", suite {against.suite}" if against.suite else ""),
        "",
        *_markdown_baseline(validation.baseline),
        "| | requirement | device | actual | required | evidence |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows = rows_of(validation.judgements)
    for row in rows:
        first = row.first
        cells = (first.id, row.devices, row.actual, required_of(first), first.evidence or "—")
        lines.append(f"| {MARKS[first.status][0]} {first.status} | " + " | ".join(_safe(cell) for cell in cells) + " |")
    troubles = [row for row in rows if row.first.status is not Status.PASS]
    if troubles:
        lines.append("")
    for row in sorted(troubles, key=lambda row: WORST_FIRST.index(row.first.status)):
        first = row.first
        lines.append(f"- **{first.status}** {_safe(first.title)}: {_safe(first.summary)}")
        lines += [f"  - fix: {_safe(first.remediation)}"] if first.remediation else []
        lines.append(f"  - action: {first.action}")
    return "\n".join(lines) + "\n"


def _markdown_baseline(baseline: Baseline | None) -> list[str]:
    if baseline is None:
        return []
    return [_safe(_baseline(baseline)), "", *(f"- {_safe(line)}" for line in _conditions(baseline)), ""]


def profile_table(document: ProfilesDocument, page: Page) -> str:
    """The profiles that come with this program."""
    from rich.table import Table  # noqa: PLC0415 - see table
    from rich.text import Text  # noqa: PLC0415 - see table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for each in document.profiles:
        text = Text(each.title)
        declared = ", and what its owner declares" if each.accept_declared else ""
        text.append(f"\n{each.requirements} requirements, suite {each.suite}{declared}", style="dim")
        for source in each.sources:
            text.append(f"\nsource: {source}", style="dim")
        grid.add_row(Text(each.name, style="bold"), text)
    return printed([grid], page)


def _action(judgement: Judgement) -> str:
    return "" if judgement.action is Action.NONE else judgement.action


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _safe(text: str) -> str:
    """Text in which Markdown sees no tags, no columns and no emphasis; its code stays code."""
    for sign in "\\|<*_":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
