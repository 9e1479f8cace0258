"""Kills a real agent at random moments, while its owner speaks to it: nothing that it acknowledged may be lost.

After each kill the next agent must hold what was said last, its journal every override that was answered, in order, and
the time without an agent. Ends with 1 if not.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

from agent_reaction import POLICY, ask, journal, started

from netmind_tui.document import decode
from netmind_tui.model.event import EventKind
from netmind_tui.model.override import Override
from netmind_tui.node.agent.clock import stamp
from netmind_tui.node.agent.memory import Memory

KILLS = 50


def main() -> int:
    """Kill, look, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=7)
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        faults, said = killed(Path(name), wishes.kills, random.Random(wishes.seed))
    print(f"{wishes.kills} kills, {said} overrides acknowledged: {len(faults)} lost or wrong")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def killed(folder: Path, kills: int, dice: random.Random) -> tuple[list[str], int]:
    """What was lost, and how many overrides were acknowledged."""
    (folder / "policy.toml").write_text(POLICY)
    (folder / "policy.toml").chmod(0o600)
    faults: list[str] = []
    said: list[str] = []
    for number in range(kills):
        with started(folder) as child:
            threading.Timer(dice.uniform(0.0, 0.3), child.kill).start()
            length_s = 3600
            while True:
                length_s += 1  # each other than all before it, so that it can be found again
                via = f"{number}-{length_s}"
                status = ask(folder, {"kind": "pause", "for_s": length_s + 7200 * (kills - number)})
                if status != 200:
                    break
                said.append(via)
                time.sleep(dice.uniform(0.0, 0.02))
            child.wait(20)
        faults += _faults(folder, number, len(said))
    return faults, len(said)


def _until(override: Override) -> str | None:
    return None if override.until is None else stamp(override.until)


def _faults(folder: Path, number: int, said: int) -> list[str]:
    kept = journal(folder).events(kinds=[EventKind.OVERRIDE_SET])
    ids = [each.id for each in journal(folder).events()]
    memory = decode((folder / ".local/state/netmind/agent/state.json").read_bytes(), Memory, "state.json")
    faults = []
    # One more may have been done whose answer the kill cut off.
    if not said <= len(kept) <= said + number + 1:
        faults.append(f"kill {number}: {said} acknowledged, {len(kept)} in the journal")
    if ids != list(range(1, len(ids) + 1)):
        faults.append(f"kill {number}: ids are missing")
    if kept and not memory.overrides:
        faults.append(f"kill {number}: what was said is not in force")
    elif kept:
        newest = memory.overrides[-1]
        # What was said last is in force, or what was being said when the kill came.
        if _until(newest) != kept[-1].data["until"] and newest.at <= datetime.fromisoformat(kept[-1].at):
            faults.append(f"kill {number}: the journal's last override is not in force")
    gaps = journal(folder).events(kinds=[EventKind.AGENT_STARTED])
    if len(gaps) != number + 1:
        faults.append(f"kill {number}: {len(gaps)} starts in the journal")
    return faults


if __name__ == "__main__":
    sys.exit(main())
