"""What verifying certificates found, for people: a line a check, the claims by evidence, and what none of it shows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.claim_table import claim_tables, device_names, labelled
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.model.certificate import Evidence, Fact
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.quantity import duration, gibibytes, percent, quantity, significant
from netmind_tui.model.verification import Answer, Check, Verification, VerifiedFile, VerifiedProof, exit_code

if TYPE_CHECKING:
    from rich.console import RenderableType

_SIGNS = {
    Answer.HELD: ("✔", "green"),
    Answer.NOTE: ("▲", "yellow"),
    Answer.UNKNOWN: ("?", "yellow"),
    Answer.FAILED: ("✖", "bold red"),
    Answer.LEFT: ("·", "dim"),
}
_EVIDENCE = {
    Evidence.PROVEN: "whoever doubts it can compute it again",
    Evidence.CHALLENGED: "timed by a challenger's clock",
    Evidence.MEASURED: "timed by its owner's clock, each result checked there",
    Evidence.ASSERTED: "read from its owner's machine",
}
_STRONGEST_FIRST = tuple(reversed(Evidence))
_VERDICTS = {
    ExitCode.OK: ("✔ verified", "green"),
    ExitCode.FAILED: ("✖ not verified", "bold red"),
    ExitCode.UNMEASURED: ("? cannot be told", "yellow"),
}
_LABELS = {
    "memory_total_bytes": "memory",
    "compute_capability": "compute capability",
    "core_count": "cores",
    "power_limit_w": "power limit",
    "power_limit_default_w": "default power limit",
    "pcie_generation_max": "PCIe generation",
    "pcie_width_max": "PCIe lanes",
    "sm_clock_max_mhz": "clock up to",
    "cpu_name": "processor",
    "logical_cores": "logical cores",
    "usable_cores": "usable cores",
    "os": "system",
}
_BARE = {"cores", "generation", "lanes"}


def table(verification: Verification, page: Page) -> str:
    """The report on a page of any width."""
    return printed(_blocks(harmless(verification), page.width), page)


def _blocks(verification: Verification, width: int) -> "Iterator[RenderableType]":
    title = Text("netmind verify", style="bold")
    count = len(verification.files)
    words = f" · {count} certificate{'' if count == 1 else 's'} · {_minute(verification.verified_at)}"
    yield title.append(words, style="dim")
    yield Text()
    for file in verification.files:
        yield _heading(file)
        yield _checks(file)
        yield Text()
        yield from _shown(file, width)
    if verification.notes:
        yield Text("to know", style="bold")
        yield _list(verification.notes, "▲", "yellow")
        yield Text()
    yield Text("what none of it shows", style="bold")
    yield _list(verification.not_shown, "–", "dim")
    yield Text()
    yield from _verdict(verification)


def _heading(file: VerifiedFile) -> Table:
    grid = Table.grid()
    grid.add_column(overflow="fold")
    grid.add_row(Text(file.path, style="bold cyan"))
    if file.node_key is not None:
        grid.add_row(Padding(Text(file.node_key, style="dim", overflow="fold"), (0, 0, 0, 2)))
    return grid


def _checks(file: VerifiedFile) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(width=1)
    grid.add_column(width=max(len(check) for check in Check) + 1)
    grid.add_column(overflow="fold")
    for checked in file.checks:
        sign, style = _SIGNS[checked.answer]
        quiet = style if checked.answer is not Answer.HELD else ""
        grid.add_row("", Text(sign, style=style), Text(checked.check, style=quiet), Text(checked.sentence, style=quiet))
    return grid


def _shown(file: VerifiedFile, width: int) -> "Iterator[RenderableType]":
    """What stands after the checks: claims and facts by their evidence, the strongest first."""
    names = {fact.device: fact.text for fact in file.facts if fact.name == "name" and fact.device}
    for evidence in _STRONGEST_FIRST:
        claims = [claim for claim in file.claims if claim.evidence is evidence]
        facts = [fact for fact in file.facts if fact.evidence is evidence]
        proof = file.proof if file.proof is not None and file.proof.evidence is evidence else None
        timed = file.timed if file.timed is not None and file.timed.evidence is evidence else None
        if not claims and not facts and proof is None and timed is None:
            continue
        yield labelled(Text(evidence, style="bold"), Text(_EVIDENCE[evidence], style="dim"))
        if claims:
            yield from claim_tables(claims, names, width)
        if facts:
            yield _facts(facts)
        if proof is not None:
            yield _proof(proof)
        if timed is not None:
            yield _timed(timed)
        yield Text()


def _timed(timed: TimedRate) -> Table:
    """A rate that a challenger timed, and what it has of the node's own figure."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(overflow="fold")
    share = "" if timed.int8_share is None else f" · {percent(timed.int8_share)} of its own gemm.int8"
    count = len(timed.devices)
    rate = (
        f"{quantity(timed.rate, timed.unit)}{share} · {duration(timed.elapsed_s)} · {count} device{'s' * (count > 1)}"
    )
    tries = f"{timed.challenges_passed} of {timed.challenges_started} challenges of this key passed there"
    missed = f" · {timed.calls_missed} calls missed" if timed.calls_missed else ""
    clock = f"by the clock of {timed.challenger}, ended {_minute(timed.finished_at)}, {timed.rows_opened} rows"
    grid.add_row("", f"{timed.chain}@{timed.chain_version}", rate)
    grid.add_row("", "", Text(clock, style="dim"))
    grid.add_row("", "", Text(f"{tries}{missed}", style="dim"))
    return grid


def _proof(proof: VerifiedProof) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(overflow="fold")
    exact = f"{proof.chain}@{proof.chain_version} · {int(proof.operations):,} operations of the plain algorithm"
    grid.add_row("", device_names(proof.devices), exact)
    grid.add_row("", "", proof.shown)
    return grid


def _facts(facts: Sequence[Fact]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(overflow="fold")
    # Devices that say the same of themselves are one line.
    by_words: dict[str, list[str]] = {}
    for device in dict.fromkeys(fact.device for fact in facts):
        words = " · ".join(_fact(fact) for fact in facts if fact.device == device)
        by_words.setdefault(words, []).append(device or "machine")
    for words, devices in by_words.items():
        grid.add_row("", device_names(devices), words)
    return grid


def _fact(fact: Fact) -> str:
    label = _LABELS.get(fact.name, fact.name)
    if fact.text is not None or fact.value is None:
        return fact.text or "" if fact.name == "name" else f"{label} {fact.text}"
    if fact.unit == "bytes":
        return f"{label} {gibibytes(round(fact.value))}"
    figure = f"{fact.value:.0f}" if fact.value == round(fact.value) else significant(fact.value, 4)
    return f"{label} {figure}" if fact.unit in _BARE else f"{label} {figure} {fact.unit or ''}".rstrip()


def _list(sentences: Iterable[str], sign: str, style: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(width=1, style=style)
    grid.add_column(overflow="fold")
    for sentence in sentences:
        grid.add_row("", sign, sentence)
    return grid


def _verdict(verification: Verification) -> "Iterator[RenderableType]":
    words, style = _VERDICTS[exit_code(verification)]
    verdict = Text(words, style=style)
    if len(verification.files) == 1:
        yield labelled(verdict, Text(_outcome(verification.files[0])))
        return
    yield verdict
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for file in verification.files:
        grid.add_row("", file.path, _outcome(file))
    yield grid


def _outcome(file: VerifiedFile) -> str:
    """The first check that did not hold, or what a certificate of its level covers."""
    first = file.first_failure
    return f"{first.check}: {first.sentence}" if first is not None else f"{file.level}: {file.covers}"


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"
