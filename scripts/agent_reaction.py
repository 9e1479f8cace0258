"""How fast the agent does what its owner says: from the request on the socket to the recorded act, as a table.

A real agent in a folder of its own, whose policy always allows work, is paused and resumed again and again while a
program works; that this one stands is in the journal, on the disk, before the agent answers. A guard is then polled:
how many samples pass before a machine that grew hot is given way to. Ends with 1 beyond a second, or two samples.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent_world import simulation, world

from netmind_tui.model.event import EventKind
from netmind_tui.node.journal.reader import Reader

BUDGET_MS, BUDGET_SAMPLES = 1000.0, 2
WORK = '[workload.sleep]\ncommand = ["sleep", "1000000"]\ndevices = ["cpu"]\n'
POLICY = '[[window]]\ndays = ["daily"]\nfrom = "00:00"\nto = "24:00"\n'
HOT = POLICY + "\n[guard.temperature]\nmax_c = 80\nmargin_c = 6\n{enter}devices = ['gpu']\n"


@contextmanager
def agent(folder: Path, policy: str = POLICY, workloads: str = "") -> Iterator[subprocess.Popen[str]]:
    """A real agent in a home of its own, until the block ends."""
    defined = folder / ".config/netmind/workloads.toml"
    defined.parent.mkdir(parents=True, exist_ok=True)
    for path, text in ((folder / "policy.toml", policy), (defined, workloads)):
        path.write_text(text)
        path.chmod(0o600)
    with started(folder) as child:
        try:
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(20)


def started(folder: Path) -> subprocess.Popen[str]:
    """Start an agent and wait until it answers."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"],
        env=environment(folder),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None  # noqa: S101 - asked for
    said = ""
    while "answers at" not in (line := child.stderr.readline()):
        said += line
        if not line:
            raise SystemExit(f"the agent did not start ({child.wait()}): {said[-2000:]}")
    return child


def environment(folder: Path) -> dict[str, str]:
    """A home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NETMIND_"))}
    return kept | {
        "HOME": str(folder),
        "NETMIND_POLICY": str(folder / "policy.toml"),
        "NETMIND_SOCKET": str(folder / "s" / "agent.sock"),
        "NETMIND_LOCKS": str(folder),
    }


def journal(folder: Path) -> Reader:
    """What the agent of that home wrote."""
    return Reader(folder / ".local/state/netmind/agent/journal.db")


def ask(folder: Path, document: dict[str, object]) -> int:
    """Post an override; the HTTP status of the answer, 0 where the agent is gone."""
    body = json.dumps(document).encode()
    head = f"POST /v1/override HTTP/1.1\r\nHost: x\r\nNetMind-Via: cli\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.settimeout(20)
            line.connect(str(folder / "s" / "agent.sock"))
            line.sendall(head.encode() + body)
            answer = b""
            while part := line.recv(65536):
                answer += part
        except OSError:
            return 0
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def overrides(count: int) -> list[float]:
    """Milliseconds from each request to the act, as the journal dates it; the answer comes after it is on the disk."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with agent(folder, workloads=WORK):
            for number in range(count):
                time.sleep(0.137)  # at another place of the agent's second each time
                asked = datetime.now(UTC)
                if ask(folder, {"kind": "resume" if number % 2 else "pause"}) != 200:
                    raise SystemExit("the agent refused")
                kinds = [EventKind.WORK_RESUMED if number % 2 else EventKind.WORK_SUSPENDED]
                acts = journal(folder).events(kinds=kinds, newest=True, limit=1)
                found.append((datetime.fromisoformat(acts[-1].at) - asked).total_seconds() * 1e3)
    return [max(0.0, each) for each in found]


def guard_samples() -> int:
    """How many samples the agent takes from the one that shows the heat to the one that gives way."""

    async def heat(folder: Path) -> int:
        (folder / "policy.toml").write_text(HOT.format(enter='for = "0s"\n'))
        (folder / "policy.toml").chmod(0o600)
        (folder / "agent").mkdir()
        with simulation(world(datetime.now(UTC), "UTC", 2), folder / "agent", folder / "policy.toml") as run:
            await run.agent.begin("simulated")
            for _ in range(3):
                await run.look()
                run.world.clock.pass_by(1.0)
            run.world.cards[1].temperature_c = 90
            for number in range(1, 10):
                await run.look()
                run.world.clock.pass_by(1.0)
                if any(each.kind is EventKind.WORK_SUSPENDED for each in run.events):
                    return number
        return 99

    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(heat(Path(name)))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=40, help="how many requests")
    took = sorted(overrides(parser.parse_args().count))
    samples = guard_samples()
    print(f"requests                    {len(took)}")
    print(f"request to act, median      {statistics.median(took):8.1f} ms")
    print(f"request to act, slowest     {took[-1]:8.1f} ms   (budget {BUDGET_MS:.0f} ms)")
    print(f"heat to act                 {samples:8d} samples   (budget {BUDGET_SAMPLES})")
    return 0 if took[-1] <= BUDGET_MS and samples <= BUDGET_SAMPLES else 1


if __name__ == "__main__":
    sys.exit(main())
