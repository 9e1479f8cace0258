"""Every challenge that was begun here, for people."""

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from netmind_tui.certify.statement import short
from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.model.challenge import Answered, ChallengeEntry, ChallengeLog, Outcome
from netmind_tui.model.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

_STYLES = {Outcome.PASSED: ("✔", "green"), Outcome.FAILED: ("✖", "bold red")}
_OTHERS = ("·", "dim")


def table(log: ChallengeLog, page: Page) -> str:
    """A line a challenge, and whose record it is."""
    return printed(_blocks(harmless(log), page.width), page)


def _blocks(log: ChallengeLog, width: int) -> "Iterator[RenderableType]":
    count = len(log.challenges)
    title = Text("netmind challenge", style="bold")
    yield title.append(
        f" · {count} begun{'' if log.challenger_key is None else f' · {log.challenger_key}'}", style="dim"
    )
    yield Text()
    calls = Counter(each.answered for each in log.calls)
    if log.calls:
        yield Text(f"{len(log.calls)} calls, of which {calls[Answered.MISSED]} were missed", style="dim")
    if not log.challenges:
        if log.calls:
            return
        yield Text("nobody was challenged here yet: netmind challenge serve --bind 127.0.0.1:8443 begins")
        return
    yield _rows(log.challenges, width)
    for entry in log.challenges:
        if entry.reason is not None:
            yield Text(f"{entry.greeted_at}  {short(entry.node_key)}: {entry.reason}", style="dim")


def _rows(entries: "Sequence[ChallengeEntry]", width: int) -> "RenderableType":
    marks = [_STYLES.get(entry.outcome, _OTHERS) for entry in entries]
    rates = ["" if entry.rate is None else quantity(entry.rate, "OP/s") for entry in entries]
    return figure_table(
        [
            Column("", ([Text(sign, style=style) for sign, style in marks],)),
            Column("begun (UTC)", ([entry.greeted_at[:19].replace("T", " ") for entry in entries],)),
            Column("node", ([short(entry.node_key) for entry in entries],)),
            Column("moment by", ([entry.initiated_by.value for entry in entries],), 4),
            Column("chain", ([f"{entry.chain}@{entry.chain_version}" for entry in entries],), 3),
            Column("seconds", (["" if e.elapsed_s is None else f"{e.elapsed_s:.3f}" for e in entries],), 2, right=True),
            Column("rate", (rates,), 1, right=True),
            Column("outcome", ([entry.outcome.value for entry in entries],)),
        ],
        width,
    )
