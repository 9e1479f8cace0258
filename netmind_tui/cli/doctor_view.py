"""``netmind doctor`` for people: what is wrong in full, what is well in one line each."""

from collections import Counter
from typing import TYPE_CHECKING

from netmind_tui.cli.page import MARKS, Page, printed
from netmind_tui.model.doctor import WORST_FIRST, Diagnosis, Setup
from netmind_tui.model.finding import Action, Finding, Status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_WELL = (Status.PASS, Status.SKIP)
_MEGABYTE = 1_000_000


def table(diagnosis: Diagnosis, page: Page) -> str:
    """The findings as blocks that fit the page."""
    blocks = [_block(finding) for finding in diagnosis.findings]
    return printed([*blocks, _summary(diagnosis)], page)


def markdown(diagnosis: Diagnosis) -> str:
    """The findings as a list in Markdown, to be pasted into an issue."""
    lines = [f"# {_counts(diagnosis)}", ""]
    for finding in diagnosis.findings:
        lines.append(f"- **{finding.status}** `{finding.id}` {_plain(finding.title)}")
        if finding.evidence:
            lines.append(f"  - evidence: {_plain(finding.evidence)}")
        if finding.remediation:
            lines.append(f"  - fix: {_plain(finding.remediation)}")
        if finding.action is not Action.NONE:
            lines.append(f"  - action: {finding.action}")
    return "\n".join(lines) + "\n"


def command(setup: Setup) -> str:
    """The command and what it costs, as a shell would take it."""
    lines = [f"# {setup.reason}"]
    if setup.command is not None:
        lines += [f"# {_cost(setup)}", "# in the folder of this program's source:", setup.command]
    return "\n".join(lines) + "\n"


def _cost(setup: Setup) -> str:
    download, disk = setup.download_bytes, setup.disk_bytes
    size = "size of the download not known" if download is None else f"at most {download // _MEGABYTE} MB to download"
    return size + (", size on disk not measured" if disk is None else f", {disk // _MEGABYTE} MB on disk")


def _block(finding: Finding) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415 - 40 ms that only tables need
    from rich.text import Text  # noqa: PLC0415 - see above

    mark, style = MARKS[finding.status]
    if finding.status in _WELL:
        text = Text(finding.title, style="" if finding.status is Status.PASS else "dim")
        if finding.remediation:  # it can be better still
            text.append(f"\nfix: {finding.remediation}", style="dim")
    else:
        text = Text(finding.title, style="bold")
        _append(text, finding)
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=f"bold {style}"), text)
    return grid


def _append(text: "Text", finding: Finding) -> None:
    action = "" if finding.action is Action.NONE else f" · action {finding.action}"
    text.append(f"\n{finding.status} · {finding.id}{action}", style="dim")
    if finding.evidence:
        text.append(f"\n{finding.evidence}", style="dim")
    if finding.remediation:
        text.append(f"\nfix: {finding.remediation}")


def _summary(diagnosis: Diagnosis) -> "RenderableType":
    from rich.text import Text  # noqa: PLC0415 - see _block

    mark, style = MARKS[diagnosis.verdict]
    return Text.assemble((f"{mark} ", f"bold {style}"), (_counts(diagnosis), "bold"))


def _counts(diagnosis: Diagnosis) -> str:
    counts = Counter(finding.status for finding in diagnosis.findings)
    told = [f"{counts[status]} {status}" for status in WORST_FIRST if counts[status]]
    return f"{diagnosis.verdict}: " + ", ".join(told)


def _plain(text: str) -> str:
    """Text in which Markdown sees no tags and no emphasis; its code stays code."""
    for sign in "\\|<*_":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
