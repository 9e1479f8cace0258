"""What an agent costs that has nothing to do: its share of a core, how often it wakes, its memory; beside the budget.

A real agent with a policy of windows and guards, watched for a while through /proc. Ends with 1 beyond the budget.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from agent_reaction import agent

CORE_PCT, RSS_MIB = 0.5, 60.0
POLICY = """
zone = "UTC"

[[window]]
days = ["daily"]
from = "{begins:02}:00"
to = "{ends:02}:00"

[guard.user-active]
idle = "3m"
on_unknown = "run"

[guard.battery]
min_charge_pct = 90

[guard.temperature]
max_c = 80
on_unknown = "run"

[guard.cpu-busy]
max_pct = 30
"""


def main() -> int:
    """Watch and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=5.0, help="seconds before it is watched")
    parser.add_argument("--inside", action="store_true", help="of a window; else hours before it, where it rests")
    wishes = parser.parse_args()
    hour = time.gmtime().tm_hour + (-2 if wishes.inside else 6)
    policy = POLICY.format(begins=hour % 24, ends=(hour + 8) % 24)
    with tempfile.TemporaryDirectory() as name, agent(Path(name), policy) as child:
        time.sleep(wishes.settle)
        before, began = _spent(child.pid), time.monotonic()
        time.sleep(wishes.seconds)
        after, took_s = _spent(child.pid), time.monotonic() - began
        rss = _rss_mib(child.pid)
    core = 100 * (after[0] - before[0]) / took_s
    print(f"watched            {took_s:8.1f} s, with children")
    print(f"of one core        {core:8.2f} %    (budget {CORE_PCT} %)")
    print(f"wake-ups           {(after[1] - before[1]) / took_s:8.1f} a second")
    print(f"memory (RSS)       {rss:8.1f} MiB  (budget {RSS_MIB:.0f} MiB)")
    return 0 if core <= CORE_PCT and rss <= RSS_MIB else 1


def _family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [each for child in (task / "children").read_text().split() for each in _family(int(child))]
    return found


def _spent(pid: int) -> tuple[float, int]:
    """Seconds of a processor that a family has used, and how often its threads were woken."""
    ticks, wakes = 0, 0
    for each in _family(pid):
        stat = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(stat[11]) + int(stat[12])
        for task in Path(f"/proc/{each}/task").iterdir():
            lines = (task / "status").read_text().splitlines()
            wakes += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))
    return ticks / os.sysconf("SC_CLK_TCK"), wakes


def _rss_mib(pid: int) -> float:
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


if __name__ == "__main__":
    sys.exit(main())
