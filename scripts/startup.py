"""Hold the start of our commands against that of the interpreter alone, as ratios taken in one run.

Every round starts each command once, so that whatever else the machine does hits all of them alike.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 21
NETMIND = str(Path(sys.executable).with_name("netmind"))
BARE = [sys.executable, "-c", "pass"]
BUDGETS = {("--version",): 8.0, ("info", "--json"): 15.0}


def main() -> int:
    """Print a line for each command; 1 if one misses its budget."""
    commands = {arguments: [NETMIND, *arguments] for arguments in BUDGETS}
    seconds: dict[tuple[str, ...], list[float]] = {arguments: [] for arguments in BUDGETS}
    bare: list[float] = []
    for command in (BARE, *commands.values()):
        _seconds(command)  # the first start reads files that later ones find in memory
    for _ in range(ROUNDS):
        bare.append(_seconds(BARE))
        for arguments, command in commands.items():
            seconds[arguments].append(_seconds(command))
    print(f"python -c pass: {median(bare) * 1000:.0f} ms, median of {ROUNDS}")
    missed = False
    for arguments, budget in BUDGETS.items():
        figure = median(seconds[arguments]) / median(bare)
        holds = figure <= budget
        missed |= not holds
        verdict = "holds" if holds else "does not hold"
        print(f"netmind {' '.join(arguments)}: {figure:.1f}x (budget <= {budget:g}x): {verdict}")
    return 1 if missed else 0


def _seconds(command: list[str]) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
