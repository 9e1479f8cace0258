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


def choose(catalog: Catalog, suite_name: str, patterns: Sequence[str], versions: Sequence[str] = ()) -> Choice:
    """The suite's kernels, or every catalogued kernel that one of the patterns (``gemm.*``, ``gemm.fp16@1``) names.

    Without a version the newest is meant; ``versions`` (``gemm.fp16@1``) take the newest one's place in the suite.

    Raises:
        Problem: there is no such suite, a pattern names no kernel (the nearest names are offered), or two of them name
            different versions of one.
    """
    suites = {suite.name: suite for suite in catalog.suites}
    suite_name = suite_name.lower()
    if suite_name not in suites:
        raise Problem(f"--suite {suite_name}: no such suite; {nearest(suite_name, list(suites))}", ExitCode.USAGE)
    suite = suites[suite_name]
    if not patterns:
        older = {name.partition("@")[0]: name for name in versions}
        kernels = tuple(catalog.kernel(older.get(kernel_id, kernel_id)) for kernel_id in suite.kernels)
        return Choice(suite=suite, kernels=kernels)
    chosen: dict[str, Kernel] = {}
    for pattern in patterns:
        for kernel in _matching(catalog, pattern):
            if chosen.setdefault(kernel.id, kernel) != kernel:
                names = f"{chosen[kernel.id].name} and {kernel.name}"
                words = f"--kernel {pattern}: {names} cannot be in one run, whose figures are told apart by the id"
                raise Problem(f"{words}: measure them one after the other", ExitCode.USAGE)
    kernels = tuple(kernel for kernel in catalog.kernels if chosen.get(kernel.id) == kernel)
    named = frozenset(pattern.lower().partition("@")[0] for pattern in patterns) & set(chosen)
    return Choice(suite=suite, kernels=kernels, named=named, by_pattern=True)


def _matching(catalog: Catalog, pattern: str) -> list[Kernel]:
    """The kernels that a pattern names: the newest of each, or those of the version behind the ``@``."""
    id_, at, version = pattern.lower().partition("@")
    same = [kernel for kernel in catalog.kernels if fnmatchcase(kernel.id, id_)]
    if not same:
        offer = nearest(id_, [kernel.id for kernel in catalog.newest])
        raise Problem(f"--kernel {pattern}: no such kernel; {offer}", ExitCode.USAGE)
    if not at:
        return [kernel for kernel in catalog.newest if kernel in same]
    found = [kernel for kernel in same if str(kernel.version) == version]
    if not found:
        known = ", ".join(kernel.name for kernel in same)
        raise Problem(
            f"--kernel {pattern}: no such version of it is in the catalogue, which has {known}", ExitCode.USAGE
        )
    return found
