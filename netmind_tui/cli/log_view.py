"""Events for people: by day, what came again and again folded into one line."""

from collections.abc import Iterable
from datetime import date, datetime

from rich.table import Table
from rich.text import Text

from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.model.event import Event, EventKind, beside_device, has_failed
from netmind_tui.node.journal.fold import fold

_STYLES = {
    EventKind.DEVICE_LOST: "red",
    EventKind.DRIVER_MISMATCH: "red",
    EventKind.CERTIFICATE_FAILED: "red",
    EventKind.HOOK_FAILED: "yellow",
    EventKind.JOURNAL_DEGRADED: "yellow",
    EventKind.POLICY_REFUSED: "yellow",
    EventKind.GUARD_BLIND: "yellow",
    EventKind.WORK_UNHEALTHY: "yellow",
    EventKind.WORKLOADS_REFUSED: "yellow",
    EventKind.POWER_UNCAPPED: "yellow",
    EventKind.BOOKING_STOPPED: "red",
    EventKind.BOOKING_REFUSED: "yellow",
    EventKind.RATES_REFUSED: "yellow",
    EventKind.MEMORY_FREED: "green",
}


def log_table(events: Iterable[Event], now: datetime, page: Page) -> str:
    """The events as a table, in the machine's own time; one sentence where there are none."""
    folds = fold(harmless(event) for event in events)
    if not folds:
        return "nothing happened in that time\n"
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False, show_edge=False)
    table.add_column("Time", no_wrap=True)
    table.add_column("Device", no_wrap=True)
    table.add_column("What", ratio=1)
    day: date | None = None
    for each in folds:
        at = datetime.fromisoformat(each.first.at).astimezone()
        if at.date() != day:
            day = at.date()
            named = "today" if day == now.astimezone().date() else f"{day:%a %d %b %Y}"
            table.add_row(Text(named, style="bold"), "", "")
        table.add_row(
            f"{at:%H:%M:%S}",
            each.first.device or "",
            Text(beside_device(each.sentence, each.first.device), style=_style(each.first)),
        )
    return printed([table], page)


def log_line(event: Event) -> str:
    """An event as one line of a stream."""
    clean = harmless(event)
    at = datetime.fromisoformat(clean.at).astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}  {clean.device or '-':<8}  {beside_device(clean.sentence, clean.device)}"


def _style(event: Event) -> str:
    return "yellow" if has_failed(event) else _STYLES.get(event.kind, "")
