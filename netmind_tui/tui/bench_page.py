"""Benchmarks as the interface knows them: the page that is open, and what is planned, measured, kept and compared."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netmind_tui.model.comparison import Comparison, KeptRun
    from netmind_tui.model.measurement import Run
    from netmind_tui.tui.bench_plan import Plan
    from netmind_tui.tui.bench_state import Job

CHOOSE, RUNNING, RESULT, HISTORY, COMPARISON, ROOFLINE, VERIFIED = (
    "choose",
    "running",
    "result",
    "history",
    "comparison",
    "roofline",
    "verified",
)
"""The pages of the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything of benchmarks.

    ``toggled`` are the devices that somebody chose or left out by hand; ``planned_for`` those that ``plans`` hold for,
    one plan a suite. ``kept`` are the runs that were kept, newest first, ``None`` until they were read; ``marked`` the
    one or two that are to be compared.
    """

    page: str = CHOOSE
    toggled: frozenset[str] = frozenset()
    plans: "tuple[Plan, ...]" = ()
    planned_for: tuple[str, ...] | None = None
    trouble: str | None = None
    job: "Job | None" = None
    run: "Run | None" = None
    kept_as: str | None = None
    kept: "tuple[KeptRun, ...] | None" = None
    damaged: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    comparison: "Comparison | None" = None
