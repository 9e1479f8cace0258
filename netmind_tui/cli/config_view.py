"""``netmind config show`` for people: a setting a row, its meaning under it."""

from netmind_tui.cli.page import Page, printed
from netmind_tui.model.configuration import Configuration, Entry, Origin, shown

_NOT_SET = "—"


def table(document: Configuration, page: Page) -> str:
    """The settings in columns that fit the page."""
    from rich.table import Table  # noqa: PLC0415 - 40 ms that only tables need
    from rich.text import Text  # noqa: PLC0415 - see above

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(no_wrap=True)
    for entry in document.settings:
        is_set = entry.origin is not Origin.DEFAULT
        style = "bold" if is_set else ""
        grid.add_row(Text(entry.key, style=style), Text(_value(entry), style=style), Text(_origin(entry), style="dim"))
    meanings = Table.grid(padding=(0, 2))
    meanings.add_column(no_wrap=True)
    meanings.add_column(overflow="fold")
    for key, meaning in {entry.key: entry for entry in document.settings}.items():
        meanings.add_row(Text(key, style="dim"), Text(f"{meaning.meaning} ({meaning.expected})", style="dim"))
    place = document.path if document.exists else f"{document.path} is not there: all defaults"
    return printed([grid, Text(""), meanings, Text(f"\n{place}")], page)


def markdown(document: Configuration) -> str:
    """The settings as a table in Markdown."""
    lines = ["| key | value | origin | meaning |", "|---|---|---|---|"]
    for entry in document.settings:
        cells = (f"`{entry.key}`", _value(entry), _origin(entry), entry.meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _value(entry: Entry) -> str:
    return shown(entry.value) or _NOT_SET


def _origin(entry: Entry) -> str:
    return entry.variable or entry.origin
