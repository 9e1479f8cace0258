"""How exposed systemd reckons the agent's units to be, of ten, as a table; ends with 3 without systemd-analyze."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from netmind_tui.node.service.unit import NAME, Scope, Unit

COMMAND = ("/usr/bin/true", "run")
UNITS = {
    "`--user`, `--linger`": Unit(scope=Scope.USER, command=COMMAND),
    "`--system`": Unit(scope=Scope.SYSTEM, command=COMMAND),
    "`--system --as USER`": Unit(scope=Scope.SYSTEM, command=COMMAND, user="daemon"),
}


def exposure(analyze: str, unit: Unit) -> tuple[float, str]:
    """The figure that systemd gives a unit, and its word for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_text(unit.text())
        words = [analyze, "security", "--offline=yes", "--no-pager", str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = re.search(r"exposure level for \S+ ([\d.]+) (\w+)", done.stdout)
    if found is None:
        sys.exit(f"systemd-analyze security says something else: {done.stdout[-200:]!r}")
    return float(found[1]), found[2]


def main() -> int:
    """Print the table."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        print("there is no systemd-analyze here: install systemd", file=sys.stderr)
        return 3
    version = subprocess.run([analyze, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    print(f"| unit | exposure, of 10 (systemd {version}) |\n|---|---|")
    for name, unit in UNITS.items():
        figure, word = exposure(analyze, unit)
        print(f"| {name} | {figure} {word} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
