"""How well a figure repeats on this machine, and what ``netmind compare`` makes of it.

Runs the quick suite several times in processes of their own and prints, for each kernel, the relative standard
deviation of its medians. Then every pair of those runs is compared, as nothing changed between them: whatever is
claimed is false. Then each pair again with one side made 8 % slower, samples and all: whatever is not claimed is
missed. The same for each run against the series of all others. A machine that does other work during the runs did
change, and the figures show it: run this on a quiet one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.compare import compare
from netmind_tui.bench.statistics import relative_deviation
from netmind_tui.bench.store import list_runs
from netmind_tui.model.comparison import Compared, Judgement
from netmind_tui.model.measurement import Measurement, Run
from netmind_tui.model.quantity import percent, quantity

RUNS = 10
SLOWER = 0.08
SMALL_SPREAD = 0.004
CLAIMS = (Judgement.BETTER, Judgement.WORSE)


def main() -> int:
    """Measure, compare, print; 1 if a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"how many; {RUNS} unless given")
    parser.add_argument("--kernel", "-k", action="append", default=[], help="as for netmind bench; repeatable")
    parser.add_argument("--device", "-d", action="append", default=[], help="as for netmind bench; repeatable")
    parser.add_argument("--keep", type=Path, help="a folder to leave the runs in; those already there count too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        wishes = [word for name in arguments.kernel for word in ("--kernel", name)]
        wishes += [word for name in arguments.device for word in ("--device", name)]
        for index in range(arguments.runs):
            measure(folder, wishes, index)
        runs = list_runs(folder).runs
    if len(runs) < 3:
        print("repeatability: three runs are needed to say anything", file=sys.stderr)
        return 1
    report(runs)
    return 0


def measure(folder: Path, wishes: list[str], index: int) -> None:
    """One run, kept in the folder and nowhere else."""
    with tempfile.TemporaryDirectory() as state:
        own = {"XDG_STATE_HOME": state, "PYTHONPATH": os.pathsep.join(sys.path[1:])}
        command = [sys.executable, "-m", "netmind_tui", "bench", "--json", "-o", str(folder / f"new-{index}.json")]
        done = subprocess.run([*command, *wishes], env=os.environ | own, stderr=subprocess.PIPE, text=True, check=False)
        run_file = folder / f"new-{index}.json"
        if not run_file.exists():
            raise SystemExit(f"repeatability: {done.stderr.strip()}")
        (kept,) = Path(state).glob("netmind/runs/*.json")
        run_file.rename(folder / kept.name)
        print(f"run {index + 1}: {done.stderr.count('on ')} kernels, exit {done.returncode}", file=sys.stderr)


def slower(run: Run) -> Run:
    """The same run with every rate 8 % lower and every time 8 % longer."""
    return replace(run, run_id=f"{run.run_id}-slower", measurements=tuple(map(slowed, run.measurements)))


def slowed(m: Measurement) -> Measurement:
    """The whole distribution moved."""
    if m.value is None:
        return m
    factor = 1 + SLOWER if m.unit == "s" else 1 - SLOWER
    return replace(
        m,
        value=m.value * factor,
        ci95=(m.ci95[0] * factor, m.ci95[1] * factor) if m.ci95 else None,
        mad=m.mad and m.mad * factor,
        p5=m.p5 and m.p5 * factor,
        p95=m.p95 and m.p95 * factor,
        samples=tuple(each * factor for each in m.samples),
    )


def report(runs: tuple[Run, ...]) -> None:
    """Everything, kernel by kernel."""
    grows = {kernel.id: kernel.grows for kernel in open_catalog().kernels if kernel.grows}
    pairs = [(a, b, compare([a], [b], grows=grows).kernels) for a, b in combinations(runs, 2)]
    injected = [(a, b, compare([a], [slower(b)], grows=grows).kernels) for a, b in permutations(runs, 2)]
    series = [compare([a for a in runs if a is not b], [b], grows=grows).kernels for b in runs]
    series_slower = [compare([a for a in runs if a is not b], [slower(b)], grows=grows).kernels for b in runs]
    total = false = 0
    for key in dict.fromkeys((m.kernel, m.device) for run in runs for m in run.measurements):
        found = [m for run in runs for m in run.measurements if (m.kernel, m.device) == key and m.value]
        if not found:
            continue
        values = [m.value for m in found if m.value]
        print(f"{key[0]} on {key[1]}: median's deviation {percent(relative_deviation(values))} over {len(values)} runs")
        print("    " + ", ".join(quantity(value, found[0].unit) for value in values))
        same = [row for *_, rows in pairs for row in rows if key_of(row) == key and row.ratio is not None]
        wrong = claims(same)
        total, false = total + len(same), false + wrong
        print(f"    nothing changed: {wrong} false of {len(same)} pairs; ", end="")
        print(f"one against all others: {claims(row_of(rows, key) for rows in series)} false of {len(series)}")
        told = [row for *_, rows in injected for row in rows if key_of(row) == key and row.ratio is not None]
        small = {run.run_id for run in runs for m in run.measurements if (m.kernel, m.device) == key and is_small(m)}
        sharp = [row for a, b, rows in injected for row in rows if key_of(row) == key and {a.run_id, b.run_id} <= small]
        print(f"    8 % slower: {regressions(told)} claimed of {len(told)} pairs, ", end="")
        print(f"{regressions(sharp)} of {len(sharp)} whose own spread is within {percent(SMALL_SPREAD)}; ", end="")
        print(f"one against all others: {regressions(row_of(rows, key) for rows in series_slower)} of {len(runs)}")
    print(f"all kernels: {false} false claims of {total} comparisons of pairs (bar: 1 of 300)")


def is_small(m: Measurement) -> bool:
    """Whether the samples of a run agree well."""
    return m.cv is not None and m.cv <= SMALL_SPREAD


def key_of(row: Compared) -> tuple[str, str]:
    """What a row is about."""
    return row.kernel, row.device


def row_of(rows: Iterable[Compared], key: tuple[str, str]) -> Compared | None:
    """The row of one kernel and device, if there is one."""
    return next((row for row in rows if key_of(row) == key), None)


def claims(rows: Iterable[Compared | None]) -> int:
    """How many say that something changed."""
    return sum(row is not None and row.judgement in CLAIMS for row in rows)


def regressions(rows: Iterable[Compared | None]) -> int:
    """How many say that something became slower."""
    return sum(row is not None and row.judgement is Judgement.WORSE for row in rows)


if __name__ == "__main__":
    sys.exit(main())
