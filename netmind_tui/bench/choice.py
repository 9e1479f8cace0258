"""Which kernels a run measures: a suite's, or those that somebody named."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Catalog, Kernel, Suite
from netmind_tui.model.problem import Problem, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The kernels to measure and the suite whose times hold.

    ``named`` are the ids that were asked for in full; ``by_pattern`` says that somebody chose kernels and not the
    suite's. ``memory_share`` is the part of each device's memory that is examined, the suite's unless given;
    ``disk_folder`` lies on the disk to measure.
    """

    suite: Suite
    kernels: tuple[Kernel, ...]
    named: frozenset[str] = frozenset()
    by_pattern: bool = False
    memory_share: float | None = None
    disk_folder: Path | None = None


def choose(catalog: Catalog, suite_name: str, patterns: Sequence[str]) -> Choice:
    """The suite's kernels, or every catalogued kernel that one of the patterns (``gemm.*``) names.

    Raises:
        Problem: there is no such suite, or a pattern names no kernel; the nearest names are offered.
    """
    suites = {suite.name: suite for suite in catalog.suites}
    suite_name = suite_name.lower()
    if suite_name not in suites:
        raise Problem(f"--suite {suite_name}: no such suite; {nearest(suite_name, list(suites))}", ExitCode.USAGE)
    suite = suites[suite_name]
    if not patterns:
        kernels = tuple(catalog.kernel(kernel_id) for kernel_id in suite.kernels)
        return Choice(suite=suite, kernels=kernels)
    known = [kernel.id for kernel in catalog.kernels]
    chosen: set[str] = set()
    for pattern in patterns:
        matching = {kernel_id for kernel_id in known if fnmatchcase(kernel_id, pattern.lower())}
        if not matching:
            raise Problem(f"--kernel {pattern}: no such kernel; {nearest(pattern, known)}", ExitCode.USAGE)
        chosen |= matching
    kernels = tuple(kernel for kernel in catalog.kernels if kernel.id in chosen)
    named = frozenset(pattern.lower() for pattern in patterns) & set(known)
    return Choice(suite=suite, kernels=kernels, named=named, by_pattern=True)
