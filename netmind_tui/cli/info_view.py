"""``netmind info`` for people: blocks on a terminal of any width, or tables in Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.page import MARKS, Page, printed
from netmind_tui.model.fact import Fact, alike_devices, device_facts, host_facts
from netmind_tui.model.finding import Finding
from netmind_tui.model.info import Info
from netmind_tui.model.live import Live, figures, host_now, live_devices, live_facts, notes

# The narrowest column that holds a label and a usual value; what is longer takes a line of its own.
_LABEL_WIDTH = 11
_VALUE_WIDTH = 14
_FRAME_WIDTH = 4


def table(info: Info, page: Page) -> str:
    """The machine in blocks that fit the page."""
    return printed(_blocks(info, page.width - _FRAME_WIDTH), page)


def markdown(info: Info) -> str:
    """The machine as Markdown, to be pasted into an issue."""
    lines = [f"# {_plain(info.host.hostname)}", "", *_rows(_host(info))]
    live = live_devices(info)
    for device in info.devices:
        lines += ["", f"## {device.id} {_plain(device.name or '')}".rstrip(), ""]
        now = live_facts(live[device.id]) if device.id in live else ()
        lines += _rows([*device_facts(device, info.host.cpu), *now])
    if info.findings:
        lines += ["", "## Findings", ""]
    for finding in info.findings:
        fix = f" Fix: {_plain(finding.remediation)}" if finding.remediation else ""
        lines.append(f"- **{finding.status}** `{finding.id}` {_plain(finding.title)}{fix}")
    return "\n".join(lines) + "\n"


def _blocks(info: Info, width: int) -> list[RenderableType]:
    blocks: list[RenderableType] = [_block(info.host.hostname, "", _host(info), width)]
    live = live_devices(info)
    for alike in alike_devices(info.devices):
        first = alike[0]
        style = "red" if first.lost is not None else "cyan"
        facts = list(device_facts(first, info.host.cpu))
        now = _now([live[each.id] for each in alike if each.id in live], width)
        if len(alike) == 1:
            blocks.append(_block(first.id, first.name or "", facts, width, style=style, more=now))
            continue
        common = [fact for fact in facts if fact.label not in {"UUID", "slot"}]
        common += [Fact(label=each.id, value=f"{each.pci_slot}  {each.uuid}", is_long=True) for each in alike]
        blocks.append(_block(f"{len(alike)} x", first.name or "", common, width, style=style, more=now))
    if info.findings:
        blocks.append(Padding(Group(*(_finding(finding) for finding in info.findings)), (0, 2)))
    return blocks


def _host(info: Info) -> list[Fact]:
    now = None if info.now is None else host_now(info.now.host)
    return [*host_facts(info.host, info.driver), *([now] if now is not None else [])]


def _block(
    name: str,
    title: str,
    facts: list[Fact],
    width: int,
    *,
    style: str = "cyan",
    more: Sequence[RenderableType] = (),
) -> Panel:
    heading = Text.assemble((name, f"bold {style}"), f" {title}" if title else "")
    long = [fact for fact in facts if _is_long(fact)]
    short = [fact for fact in facts if not _is_long(fact)]
    body = [_grid([[fact] for fact in long], 1), *([_short(short, width)] if short else []), *more]
    return Panel(Group(*body), title=heading, title_align="left", border_style="dim", box=box.ROUNDED, padding=(0, 1))


def _is_long(fact: Fact) -> bool:
    return fact.is_long or len(fact.value) > _VALUE_WIDTH


def _short(facts: list[Fact], width: int) -> Table:
    """The short facts in as many columns as fit, read down each column."""
    columns = max(1, (width + 1) // (_LABEL_WIDTH + _VALUE_WIDTH + 2))
    depth = -(-len(facts) // columns)
    rows = [facts[row::depth] for row in range(depth)]
    return _grid(rows, columns, (width + 1) // columns - _LABEL_WIDTH - 2)


def _grid(rows: list[list[Fact]], columns: int, value_width: int | None = None) -> Table:
    grid = Table.grid(padding=(0, 1))
    for _ in range(columns):
        grid.add_column(width=_LABEL_WIDTH, no_wrap=True)
        grid.add_column(width=value_width, overflow="fold")
    for row in rows:
        grid.add_row(*(cell for fact in row for cell in _cells(fact)))
    return grid


def _cells(fact: Fact) -> tuple[Text, Text]:
    alarming = "yellow" if fact.is_alarming else ""
    style = "dim italic" if fact.is_absent else "red" if fact.label == "lost" else alarming
    return Text(fact.label, style="dim"), Text(fact.value, style=style)


def _now(alike: list[Live], width: int) -> list[RenderableType]:
    """What devices that are alike do now: a row for each, one for what they are held against, and remarks."""
    if not alike:
        return []
    several = len(alike) > 1
    if not several and len(figures(alike[0].device)) == 1:
        return [_grid([[fact] for fact in live_facts(alike[0])], 1)]
    columns, absent = [], dict[str, list[str]]()
    for figure in figures(alike[0].device):
        cells = [figure.value(live) for live in alike]
        if all(cell.is_absent and cell.value == cells[0].value for cell in cells):
            # One word for the whole column is a remark, which the columns that lack the same share.
            absent.setdefault(cells[0].value, []).append(figure.label)
            continue
        limits = dict.fromkeys(limit for live in alike if (limit := figure.limit(live)) is not None)
        columns.append(_column(figure.label, cells, " or ".join(limits)))
    labels = ["", *([live.device.id for live in alike] if several else ["now"]), "of"]
    said = [(live, note) for live in alike for note in notes(live)]
    remarks = [_remark(live, note) if several else note for live, note in said if not note.is_absent]
    for word in dict.fromkeys(note.value for _, note in said if note.is_absent):
        absent.setdefault(word, []).append("processes")
    for word, names in absent.items():
        sentence = f"{', '.join(names)}: {word}"
        remarks.append(Fact(label="" if columns else "now", value=sentence, is_absent=True, is_long=True))
    tables = [_figures(labels, part, gap) for gap, part in _parts(columns, width)]
    return [*tables, *([_grid([[fact] for fact in remarks], 1)] if remarks else [])]


def _column(label: str, cells: list[Fact], limit: str) -> list[Text]:
    values = [Text(cell.value, style="dim italic" if cell.is_absent else "bold") for cell in cells]
    return [Text(label, style="dim"), *values, Text(limit, style="dim")]


def _remark(live: Live, note: Fact) -> Fact:
    return replace(note, label=live.device.id, value=f"{note.label} {note.value}")


def _parts(columns: list[list[Text]], width: int) -> Iterator[tuple[int, list[list[Text]]]]:
    """The columns in as few tables as the width allows, each with the blanks between its columns."""
    widths = [max(map(len, column)) for column in columns]
    room = width - _LABEL_WIDTH - 1
    if columns and sum(widths) + len(columns) - 1 <= room:
        yield (2 if sum(widths) + 2 * (len(columns) - 1) <= room else 1), columns
        return
    part: list[list[Text]] = []
    left = room
    for column, needed in zip(columns, widths, strict=True):
        if part and needed + 2 > left:
            yield 2, part
            part, left = [], room
        left -= needed + (2 if part else 0)
        part.append(column)
    if part:
        yield 2, part


def _figures(labels: list[str], columns: list[list[Text]], gap: int) -> Table:
    grid = Table.grid(padding=(0, gap, 0, 0))
    grid.add_column(width=_LABEL_WIDTH + 1 - gap, no_wrap=True)
    for _ in columns:
        grid.add_column(justify="right", overflow="fold")
    for label, *cells in zip(labels, *columns, strict=True):
        if any(cells):
            grid.add_row(Text(label, style="dim"), *cells)
    return grid


def _finding(finding: Finding) -> Table:
    mark, style = MARKS[finding.status]
    text = Text(finding.title, style="bold")
    if finding.device and not finding.title.startswith(finding.device):
        text = Text.assemble((f"{finding.device} ", "cyan"), text)
    text.append(f"  {finding.id}", style="dim")
    if finding.evidence:
        text.append(f"\n{finding.evidence}", style="dim")
    if finding.remediation:
        text.append(f"\nfix: {finding.remediation}")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=f"bold {style}"), text)
    return grid


def _rows(facts: list[Fact]) -> list[str]:
    rows = [f"| {fact.label} | {f'*{fact.value}*' if fact.is_absent else _plain(fact.value)} |" for fact in facts]
    return ["| | |", "|---|---|", *rows]


def _plain(text: str) -> str:
    """Text in which Markdown sees no table cells, no tags and no emphasis."""
    for sign in "\\|<*_`":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
