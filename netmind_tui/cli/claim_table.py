"""The claims of a certificate for people: a table a device, or one for all devices of one model."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.group_view import FROM
from netmind_tui.cli.page import MARKS
from netmind_tui.model.certificate import Claim
from netmind_tui.model.finding import worst
from netmind_tui.model.kernel import Phase
from netmind_tui.model.quantity import interval, percent, quantity
from netmind_tui.model.selector import ranges

# In a certificate any text may stand for a device.
_NUMBERED = re.compile(r"[a-z]{1,8}:[0-9]{1,4}")


def claim_tables(claims: Sequence[Claim], names: dict[str, str | None], width: int) -> Iterator[Padding]:
    """Each device, or group of equal ones: what it is consistent with, and its figures."""
    for devices in _groups(dict.fromkeys(claim.device for claim in claims), names):
        own = [claim for claim in claims if claim.device in devices]
        yield Padding(_likeness(devices, names.get(devices[0]), own), (0, 0, 0, 2))
        figures = _figures if len(devices) == 1 else _shared_figures
        yield Padding(figures(own, width - 4), (0, 0, 0, 4))
    if claims and all(claim.phase is Phase.BURST for claim in claims):
        words = "burst: the rate of the first moments; the suites standard and sustained certify what lasts"
        yield Padding(Text(words, style="dim"), (0, 0, 0, 2))


def device_names(devices: Sequence[str]) -> str:
    """Devices in short: ``gpu:0-7``."""
    return ranges(devices) if all(_NUMBERED.fullmatch(each) for each in devices) else ", ".join(devices)


def labelled(label: Text, words: Text) -> Table:
    """Words beside a label, under one another where they need several lines."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(label, words)
    return grid


def _groups(devices: Iterable[str], names: dict[str, str | None]) -> list[list[str]]:
    """Devices by the name that they say they have; a few of one name stay apart."""
    by_name: dict[str | None, list[str]] = {}
    for device in devices:
        by_name.setdefault(names.get(device), []).append(device)
    found: list[list[str]] = []
    for name, same in by_name.items():
        found += [same] if name is not None and len(same) >= FROM else [[each] for each in same]
    return found


def _likeness(devices: Sequence[str], name: str | None, claims: Sequence[Claim]) -> Table:
    """What the figures of devices are consistent with: never what they are."""
    label = Text(device_names(devices), style="cyan")
    if name is None:
        return labelled(label, Text("without a name", style="dim"))
    model = f"{len(devices)} × {name}" if len(devices) > 1 else f"{_article(name)} {name}"
    words = Text(f"consistent with {model}")
    if not any(claim.peak is not None and claim.peak.calibrated and claim.peak.value for claim in claims):
        words.append("; there is no calibrated peak to hold it against", style="dim")
    return labelled(label, words)


def _article(name: str) -> str:
    """``an`` where the name begins with the sound of a vowel, spoken as letters or as a word."""
    first = name.partition(" ")[0]
    spelled = first.isupper() and first[:1] in "FHLMNRSX"
    return "an" if first[:1].upper() in "AEIO" or spelled else "a"


def _figures(claims: Sequence[Claim], width: int) -> Table:
    marks = [MARKS[claim.status] for claim in claims]
    statuses = [Text(claim.status, style=style) for claim, (_, style) in zip(claims, marks, strict=True)]
    return figure_table(
        [
            Column("", ([Text(sign, style=style) for sign, style in marks],)),
            Column("kernel", ([_kernel(claim) for claim in claims],)),
            Column("rate", ([Text(quantity(claim.value, claim.unit), style="bold") for claim in claims],), right=True),
            Column(
                "95 % interval", ([interval(claim.ci95, claim.value, claim.unit) for claim in claims],), 4, right=True
            ),
            Column("spread", ([percent(claim.cv) for claim in claims],), 3, right=True),
            Column("samples", ([str(claim.n) for claim in claims],), 6, right=True),
            Column("phase", ([claim.phase for claim in claims],), 5),
            Column("status", (statuses,)),
        ],
        width,
    )


def _shared_figures(claims: Sequence[Claim], width: int) -> Table:
    """A line a kernel, with the lowest and the highest figure of the devices: none of them hides behind the others."""
    by_kernel: dict[str, list[Claim]] = {}
    for claim in claims:
        by_kernel.setdefault(_kernel(claim), []).append(claim)
    groups = list(by_kernel.values())
    marks = [MARKS[worst([claim.status for claim in same])] for same in groups]
    spreads = [max((claim.cv for claim in same if claim.cv is not None), default=None) for same in groups]
    statuses = [worst([claim.status for claim in same]) for same in groups]
    return figure_table(
        [
            Column("", ([Text(sign, style=style) for sign, style in marks],)),
            Column("kernel", (list(by_kernel),)),
            Column("lowest", ([Text(_at(same, 0), style="bold") for same in groups],), right=True),
            Column("highest", ([_at(same, -1) for same in groups],), 4, right=True),
            Column("devices", ([str(len(same)) for same in groups],), right=True),
            Column("spread ≤", ([percent(spread) for spread in spreads],), 3, right=True),
            Column("phase", ([same[0].phase for same in groups],), 5),
            Column("status", ([Text(each, style=style) for each, (_, style) in zip(statuses, marks, strict=True)],)),
        ],
        width,
    )


def _at(claims: Sequence[Claim], place: int) -> str:
    """The lowest figure, or with ``-1`` the highest."""
    chosen = sorted(claims, key=lambda claim: claim.value)[place]
    return quantity(chosen.value, chosen.unit)


def _kernel(claim: Claim) -> str:
    return f"{claim.kernel}@{claim.kernel_version}"
