"""``netmind info`` for people: blocks on a terminal of any width, or tables in Markdown."""

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.fact import Fact, alike_devices, device_facts, host_facts
from netmind_tui.cli.page import MARKS, Page, printed
from netmind_tui.model.finding import Finding
from netmind_tui.model.info import Info

# The narrowest column that holds a label and a usual value; what is longer takes a line of its own.
_LABEL_WIDTH = 11
_VALUE_WIDTH = 14
_FRAME_WIDTH = 4


def table(info: Info, page: Page) -> str:
    """The machine in blocks that fit the page."""
    return printed(_blocks(info, page.width - _FRAME_WIDTH), page)


def markdown(info: Info) -> str:
    """The machine as Markdown, to be pasted into an issue."""
    lines = [f"# {_plain(info.host.hostname)}", "", *_rows(list(host_facts(info.host, info.driver)))]
    for device in info.devices:
        lines += ["", f"## {device.id} {_plain(device.name or '')}".rstrip(), ""]
        lines += _rows(list(device_facts(device, info.host.cpu)))
    if info.findings:
        lines += ["", "## Findings", ""]
    for finding in info.findings:
        fix = f" Fix: {_plain(finding.remediation)}" if finding.remediation else ""
        lines.append(f"- **{finding.status}** `{finding.id}` {_plain(finding.title)}{fix}")
    return "\n".join(lines) + "\n"


def _blocks(info: Info, width: int) -> list[RenderableType]:
    blocks: list[RenderableType] = [_block(info.host.hostname, "", list(host_facts(info.host, info.driver)), width)]
    for alike in alike_devices(info.devices):
        first = alike[0]
        style = "red" if first.lost is not None else "cyan"
        facts = list(device_facts(first, info.host.cpu))
        if len(alike) == 1:
            blocks.append(_block(first.id, first.name or "", facts, width, style=style))
            continue
        common = [fact for fact in facts if fact.label not in {"UUID", "slot"}]
        common += [Fact(label=each.id, value=f"{each.pci_slot}  {each.uuid}", is_long=True) for each in alike]
        blocks.append(_block(f"{len(alike)} x", first.name or "", common, width, style=style))
    if info.findings:
        blocks.append(Padding(Group(*(_finding(finding) for finding in info.findings)), (0, 2)))
    return blocks


def _block(name: str, title: str, facts: list[Fact], width: int, *, style: str = "cyan") -> Panel:
    heading = Text.assemble((name, f"bold {style}"), f" {title}" if title else "")
    long = [fact for fact in facts if _is_long(fact)]
    short = [fact for fact in facts if not _is_long(fact)]
    body = [_grid([[fact] for fact in long], 1), *([_short(short, width)] if short else [])]
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
    style = "dim italic" if fact.is_absent else "red" if fact.label == "lost" else ""
    return Text(fact.label, style="dim"), Text(fact.value, style=style)


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
