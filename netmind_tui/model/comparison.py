"""What comparing runs says, and the list of the runs that were kept: the documents of those two."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from netmind_tui.model.exit import ExitCode, foremost
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase


class Judgement(StrEnum):
    """How a kernel's new figure stands to its base."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One condition that was not the same; several values of a series stand beside each other."""

    what: str
    device: str | None = None
    base: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One kernel on one device. ``ratio`` is new ÷ base in the measurement's unit, ``interval`` its 99 % interval.

    ``base`` and ``new`` are the medians over the runs that were compared, ``base_runs`` and ``new_runs`` how many
    those were. ``reason`` says why nothing can be compared, or what was left out.
    """

    kernel: str
    device: str
    unit: str | None
    lower_is_better: bool
    phase: Phase | None = None
    base: float | None = None
    new: float | None = None
    base_runs: int = 0
    new_runs: int = 0
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    judgement: Judgement
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What ``netmind compare`` says. ``base`` and ``new`` are run ids; ``threshold`` is a fraction.

    The verdict is ``fail`` for a regression, ``skip`` where nothing could be compared, else ``pass``.
    """

    schema: Literal["netmind.compare/1"] = "netmind.compare/1"
    base: tuple[str, ...]
    new: tuple[str, ...]
    threshold: float
    conditions: tuple[Difference, ...]
    kernels: tuple[Compared, ...]
    verdict: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFigure:
    """One kernel's value in a kept run."""

    kernel: str
    device: str
    value: float | None
    unit: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """One kept run in short."""

    run_id: str
    started_at: str
    suite: str
    verdict: Status
    stopped: str | None = None
    figures: tuple[KeptFigure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDocument:
    """What ``netmind bench --history`` says: the kept runs, newest first."""

    schema: Literal["netmind.history/1"] = "netmind.history/1"
    runs: tuple[KeptRun, ...]


def verdict(rows: tuple[Compared, ...]) -> Status:
    """What the rows come to."""
    if any(row.judgement is Judgement.WORSE for row in rows):
        return Status.FAIL
    return Status.PASS if any(row.judgement is not Judgement.NOT_COMPARABLE for row in rows) else Status.SKIP


def exit_code(comparison: Comparison, *, strict: bool = False) -> ExitCode:
    """1 for a regression (strictly, also for what cannot be compared), 3 where nothing could be compared."""
    codes = []
    if comparison.verdict is Status.FAIL:
        codes.append(ExitCode.FAILED)
    if strict and any(row.judgement is Judgement.NOT_COMPARABLE for row in comparison.kernels):
        codes.append(ExitCode.FAILED)
    if comparison.verdict is Status.SKIP:
        codes.append(ExitCode.UNMEASURED)
    return foremost(codes)
