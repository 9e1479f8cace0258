"""Who this node is, for people."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from netmind_tui.certify.stay import way_on
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.model.backup import Began, Retirement, Stay
from netmind_tui.model.identity import NodeIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType


def table(identity: NodeIdentity, page: Page) -> str:
    """The key, its age, those before it, and where they lie."""
    return printed(_blocks(harmless(identity)), page)


def _blocks(identity: NodeIdentity) -> "Iterator[RenderableType]":
    yield Text("netmind identity", style="bold")
    yield Text()
    if identity.key is None:
        yield Text("there is no node key yet: netmind certify makes one, and so does netmind identity export-public")
        yield _rows([("folder", identity.folder)])
        return
    yield _rows([("key", identity.key), ("since", _minute(identity.since)), ("folder", identity.folder)])
    if identity.stay is not None and (identity.retired is not None or identity.stay.began is not Began.MADE):
        yield Text()
        yield _stay(identity.stay, identity.retired)
    if identity.rotations:
        yield Text()
        yield Text("before it, oldest first; each named the one after it", style="dim")
        yield _rows([(f"until {_minute(each.at)}", each.node_key) for each in identity.rotations])
    if identity.revocation is not None:
        reason = f" ({identity.revocation.reason})" if identity.revocation.reason else ""
        yield Text()
        yield Text(
            f"✖ ended on {_minute(identity.revocation.since)}{reason}: it signs nothing any more", style="bold red"
        )
        yield Text("  netmind identity rotate --new begins with another key")


def _stay(stay: Stay, retired: Retirement | None) -> Text:
    """Whether the node is at home here; of one that was made here and is nothing is said."""
    if retired is not None:
        whom = f" for {retired.successor}" if retired.successor else ""
        words = f"✖ retired here on {_minute(retired.at)}{whom}: it signs and writes nothing more on this machine"
        return Text(words, style="bold red")
    came = f"restored from the backup of {_minute(stay.backup_at)}"
    if stay.began is None:
        return Text(f"▲ {came}, and waits as {stay.id}: {way_on(stay)}", style="bold yellow")
    why = "its owner declared the machine before gone" if stay.began is Began.DECLARED else "the machine before retired"
    return Text(f"{came}; at home here since {_minute(stay.began_at)}: {why}")


def _rows(rows: list[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for label, words in rows:
        grid.add_row(label, words)
    return grid


def _minute(moment: str | None) -> str:
    return "not known" if moment is None else f"{moment[:16].replace('T', ' ')} UTC"
