"""The books themselves for people: whether they are sound, how they lie on the disk, and their copies."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import MARKS, Page, printed
from netmind_tui.model.books import LedgerCheck, LedgerCopies, LedgerRestored, LedgerVerification
from netmind_tui.model.finding import Status

_KIB, _MIB = 1 << 10, 1 << 20


def table(found: LedgerVerification | LedgerCheck | LedgerCopies | LedgerRestored, page: Page) -> str:
    """What was found, what it means, and what to do; on a page of any width."""
    shown = harmless(found)
    if isinstance(shown, LedgerVerification):
        return printed(_verified(shown), page)
    if isinstance(shown, LedgerCheck):
        return printed(_checked(shown), page)
    return printed(_copies(shown, page) if isinstance(shown, LedgerCopies) else _restored(shown), page)


def _verified(found: LedgerVerification) -> Iterator[RenderableType]:
    mark, style = MARKS[found.verdict]
    if found.verdict is Status.PASS:
        words = f"{found.entries:,} entries hold: chain, balances, rests and sums"
        yield Text(f"{mark} {words if found.entries else 'nothing was booked yet'}", style=style)
    else:
        yield Text(f"{mark} the books do not hold: {found.sound:,} of {found.entries:,} entries are sound", style=style)
        grid = _grid()
        for each in found.flaws:
            entry = f"entry {each.number:,}" if each.number is not None else "the books"
            grid.add_row("", Text(entry, style="bold"), each.what if each.id is None else f"{each.id}: {each.what}")
        yield grid
    yield Text(found.path, style="dim", overflow="fold")
    if found.head.number:
        yield Text("\nthe head; kept elsewhere, netmind earnings verify --head holds the books to it:", style="dim")
        yield Text(f"{found.head.number}:{found.head.hash}", overflow="fold")


def _checked(found: LedgerCheck) -> Iterator[RenderableType]:
    yield Text(found.path, style="bold", overflow="fold")
    if found.booked_at is not None and found.size_bytes is not None:
        booked = f"{found.booked_at.astimezone():%Y-%m-%d %H:%M}"
        yield Text(f"{found.entries:,} entries · {_size(found.size_bytes)} · last booked {booked}", style="dim")
    grid = _grid()
    for each in found.findings:
        mark, style = MARKS[each.status]
        text = Text(each.title)
        if each.remediation is not None:
            text.append(f"\nfix: {each.remediation}", style="dim")
        grid.add_row("", Text(mark, style=f"bold {style}"), text)
    yield grid


def _copies(found: LedgerCopies, page: Page) -> Iterator[RenderableType]:
    if not found.copies:
        yield Text("there is no copy yet: the agent makes one each day that something is booked")
        return
    names = [each.path.rpartition("/")[2] for each in found.copies]
    marks = [MARKS[Status.PASS if each.flaw is None else Status.FAIL] for each in found.copies]
    booked = [each.booked_at and f"{each.booked_at.astimezone():%Y-%m-%d %H:%M}" for each in found.copies]
    columns = [
        Column("", ([Text(mark, style=style) for mark, style in marks],)),
        Column("copy", (names,)),
        Column("entries", ([f"{each.entries:,}" if each.flaw is None else "" for each in found.copies],), right=True),
        Column("last booked", ([each or "" for each in booked],), 1),
        Column(
            "size", ([_size(each.size_bytes) if each.flaw is None else "" for each in found.copies],), 2, right=True
        ),
    ]
    yield figure_table(columns, page.width)
    for name, each in zip(names, found.copies, strict=True):
        if each.flaw is not None:
            yield Text(f"{name} is of no use: {each.flaw}", style="red")
    yield Text(f"\nin {found.copies[0].path.rpartition('/')[0]}; netmind ledger restore takes the first", style="dim")


def _restored(found: LedgerRestored) -> Iterator[RenderableType]:
    mark, style = MARKS[Status.PASS]
    yield Text(f"{mark} {found.path} is {found.copy.path}, with {found.copy.entries:,} entries", style=style)
    if found.aside is not None:
        yield Text(f"what was there is kept as {found.aside}")
    yield Text("the agent books again what was metered since; what payers answered since is to be imported again")


def _grid() -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=0)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _size(count: int) -> str:
    return f"{count / _MIB:.1f} MiB" if count >= _MIB else f"{count / _KIB:.0f} KiB"
