"""How often the gate of ``netmind validate --baseline`` errs on this machine.

Each pair is a run of ``netmind bench`` and the gate held over it, in processes of their own. First nothing changes
between the two: whatever is claimed is false. Then the second one is slowed down by 8 %, and whatever is not claimed is
missed: ``pause`` stops its worker for that part of each hundredth of a second, so that the kernel really takes longer;
``work`` gives it a catalogue in which an iteration counts for so much less. Last the rule alone, on simulated runs of a
quiet machine whose samples and runs deviate by 0.4 %. Ends with 1 where a bar does not hold.
"""

import argparse
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from netmind_tui.bench.catalog import kernels_folder, open_catalog
from netmind_tui.bench.statistics import summarise
from netmind_tui.bench.store import read_run
from netmind_tui.certify.baseline import hold
from netmind_tui.certify.baseline_judgement import judgements
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Measurement, Run

PAIRS, SLOW_PAIRS = 60, 20
SLOWER = 0.08
QUIET = 0.004
MOST_FALSE, LEAST_CLAIMED = 1 / 60, 19 / 20
TRIES = 3
PERIOD_S = 0.01
WORKER = b"netmind_tui.bench.worker"


def main() -> int:
    """Measure the pairs, count, print; 1 where a bar does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"of unchanged runs; {PAIRS} unless given")
    parser.add_argument("--slow", type=int, default=SLOW_PAIRS, help=f"of which one is slower; {SLOW_PAIRS}")
    parser.add_argument("--kernel", "-k", action="append", help="gemm.fp32 unless given; repeatable")
    parser.add_argument("--device", "-d", default="cpu", help="cpu unless given")
    parser.add_argument("--tries", type=int, default=TRIES, help=f"at an undecided pair; {TRIES} unless given")
    parser.add_argument("--by", choices=("pause", "work"), default="pause", help="how it is slowed down; pause")
    arguments = parser.parse_args()
    kernels = arguments.kernel or ["gemm.fp32"]
    with tempfile.TemporaryDirectory() as temporary:
        gate = Gate(Path(temporary), kernels, arguments.device, arguments.tries)
        unchanged = Counter(gate.pair("unchanged", index) for index in range(arguments.pairs))
        slow = Counter(gate.pair(arguments.by, index) for index in range(arguments.slow))
        print(f"{', '.join(kernels)} on {arguments.device}, each pair one run and one gate over it")
        holds = report("unchanged", unchanged, most=MOST_FALSE * arguments.pairs)
        holds &= report(f"8 % slower ({arguments.by})", slow, least=LEAST_CLAIMED * arguments.slow)
        if gate.template is not None:
            holds &= report("simulated, unchanged", simulated(gate.template, PAIRS, 0.0), most=MOST_FALSE * PAIRS)
            claimed = simulated(gate.template, SLOW_PAIRS, SLOWER)
            holds &= report("simulated, 8 % slower", claimed, least=LEAST_CLAIMED * SLOW_PAIRS)
    return 0 if holds else 1


def report(name: str, found: Counter[str], *, most: float | None = None, least: float | None = None) -> bool:
    """One line of figures, and whether its bar holds; undecided pairs are neither claimed nor passed."""
    total = found.total()
    bar = f"at most {math.floor(most)}" if most is not None else f"at least {math.ceil(least or 0)}"
    holds = found["claimed"] <= most if most is not None else found["claimed"] >= (least or 0)
    told = ", ".join(f"{found[word]} {word}" for word in ("claimed", "suspected", "passed", "undecided"))
    if total:
        print(f"{name}: {told} of {total} pairs (claims: {bar}: {'holds' if holds else 'does not hold'})")
    return holds or not total


class Gate:
    """Pairs of runs in a folder of their own; nothing of them is kept."""

    def __init__(self, folder: Path, kernels: list[str], device: str, tries: int) -> None:
        self._folder, self._kernels, self._device, self._tries = folder, kernels, device, tries
        self._env = os.environ | {"XDG_STATE_HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path[1:])}
        self.template: Run | None = None

    def pair(self, kind: str, index: int) -> str:
        """What the gate says of a second run: claimed, suspected (and not claimed), passed or undecided.

        Undecided is mostly a pair that other programs disturbed: it is taken again, some times.
        """
        answers = (self._pair(kind) for _ in range(self._tries))
        answer = next((each for each in answers if each != "undecided"), "undecided")
        print(f"{kind} {index + 1}: {answer}", file=sys.stderr)
        return answer

    def _pair(self, kind: str) -> str:
        base, told = self._folder / "base.json", self._folder / "told.json"
        for path in (base, told):
            path.unlink(missing_ok=True)
        wishes = [word for name in self._kernels for word in ("--kernel", name)]
        self._netmind(["bench", *wishes, "--device", self._device, "--json", "-o", str(base)], self._env)
        env = self._env | {"NETMIND_KERNELS": str(self._less_work())} if kind == "work" else self._env
        arguments = ["validate", "--baseline", str(base), "--device", self._device, "--json", "-o", str(told)]
        if not base.exists():
            return "undecided"
        self.template = self.template or read_run(base)
        self._netmind(arguments, env, paused=kind == "pause")
        return verdict(json.loads(told.read_text())) if told.exists() else "undecided"

    def _netmind(self, arguments: list[str], env: dict[str, str], *, paused: bool = False) -> None:
        command = [sys.executable, "-m", "netmind_tui", *arguments]
        with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
            if paused:
                with pausing(child.pid):
                    _, said = child.communicate()
            else:
                _, said = child.communicate()
        if child.returncode not in (0, 1, 3):
            raise SystemExit(f"ab_gate: {said.strip()}")

    def _less_work(self) -> Path:
        """A copy of the catalogue in which an iteration of the kernels counts for 8 % less."""
        folder = self._folder / "kernels"
        if not folder.is_dir():
            shutil.copytree(kernels_folder(), folder)
            path = folder / "catalog.toml"
            text = path.read_text()
            for name in self._kernels:
                text = with_less_work(text, name, self._device)
            path.write_text(text)
        return folder


def with_less_work(catalog: str, name: str, device: str) -> str:
    """The catalogue with the last dimension of a kernel's work replaced by 0.92 of what it is on that device."""
    kernel = open_catalog().kernel(name)
    provider = Provider.CPU if device == "cpu" else Provider.CUDA
    last = kernel.work[-1] if kernel.work else None
    if not isinstance(last, str) or last == kernel.grows:
        raise SystemExit(f"ab_gate: --by work: {name} has no fixed dimension to count less of; use --by pause")
    sizes = {variant.shape[last] for variant in kernel.variants if variant.provider is provider}
    if len(sizes) != 1:
        raise SystemExit(f"ab_gate: --by work: {name} has several shapes on {device}; use --by pause")
    fewer = round(sizes.pop() * (1 - SLOWER))
    head, mark, tail = catalog.partition(f'id = "{name}"')
    return head + mark + re.sub(rf'(work = \[.*)"{last}"', rf"\g<1>{fewer}", tail, count=1)


def verdict(document: dict[str, Any]) -> str:
    """What a validation says of its kernels, in one word."""
    found = {each["status"] for each in document["judgements"] if each["id"].startswith("baseline.")}
    if "fail" in found:
        return "claimed"
    if "error" in found or not found & {"pass"}:
        return "undecided"
    return "suspected" if document["baseline"]["again"] else "passed"


@contextmanager
def pausing(parent: int) -> Iterator[None]:
    """Stop every worker below a process for 8 % of what its work would take, again and again."""
    done = threading.Event()
    thread = threading.Thread(target=pause, args=(parent, done))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def pause(parent: int, done: threading.Event) -> None:
    """Until it is done: a hundredth of a second of work, then a pause that makes it 8 % less a second."""
    seen, workers = 0.0, set[int]()
    while not done.wait(PERIOD_S * (1 - SLOWER)):
        if time.monotonic() - seen > 0.2:
            seen, workers = time.monotonic(), set(workers_below(parent))
        for number, pause_s in ((signal.SIGSTOP, PERIOD_S * SLOWER), (signal.SIGCONT, 0.0)):
            for pid in workers:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(pause_s)


def workers_below(parent: int) -> Iterator[int]:
    """The workers of a benchmark: children of that process, by their command."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(state[1]) == parent and WORKER in (folder / "cmdline").read_bytes():
                yield int(folder.name)


def simulated(template: Run, pairs: int, slower: float) -> Counter[str]:
    """What the rule makes of runs of a quiet machine, drawn at random."""
    quiet = replace(template, host=replace(template.host, boundaries={}))
    rows = [m for m in template.measurements if m.value is not None and m.verified is not None]
    found: Counter[str] = Counter()
    for seed in range(pairs):
        draw = random.Random(seed)
        base, new, again = (
            replace(
                quiet,
                run_id=f"{template.run_id}-{index}",
                measurements=tuple(drawn(m, draw, slower if index else 0.0) for m in rows),
            )
            for index in range(3)
        )
        held = hold([base], new, lambda _run, _suspects, again=again: again, name="simulated")  # type: ignore[misc]
        claimed = any(each.status is Status.FAIL for each in judgements(held))
        found["claimed" if claimed else "suspected" if held.suspects else "passed"] += 1
    return found


def drawn(m: Measurement, draw: random.Random, slower: float) -> Measurement:
    """A measurement at a level of its own, with twenty samples around it."""
    pace = 1 / (1 - slower) if m.unit == "s" else 1 - slower
    level = (m.value or 1.0) * pace * math.exp(draw.gauss(0, QUIET))
    samples = tuple(level * math.exp(draw.gauss(0, QUIET)) for _ in range(20))
    found = summarise(samples)
    return replace(
        m,
        value=found.median,
        samples=samples,
        ci95=found.ci95,
        cv=found.cv,
        mad=found.mad,
        p5=found.p5,
        p95=found.p95,
        n=found.n,
        status=Status.PASS,
        reasons=(),
        other_cpu_util_pct=0.0,
    )


if __name__ == "__main__":
    sys.exit(main())
