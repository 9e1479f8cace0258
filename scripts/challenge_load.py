"""Many provers against one challenger at once, honest ones and cheats: are all verdicts right, and its memory bounded?

A challenger in a process of its own with the chain for tests, and 50 provers that compute in NumPy and speak to it over
sockets. Every third one cheats, each in one of four ways. Ends with 1 if a verdict is wrong or a prover got none.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.challenge.clock import RealClock
from netmind_tui.certify.challenge.line import Line
from netmind_tui.certify.challenge.node import Devices, Node
from netmind_tui.certify.challenge.store import STORE_FILE, Store
from netmind_tui.certify.envelope import public_name
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.proof.prover import ReferenceProver, tree_of
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.certify.refused import Refused
from netmind_tui.model.kernel import Provider
from netmind_tui.model.merkle import top_of
from netmind_tui.model.place import read_url
from netmind_tui.model.problem import Problem

CHAIN = "chain.test@1"
WORD = "cpu"
_FOUND_WRONG = "found the proof wrong"


class Skips(ReferenceProver):
    """Computes four rows of five, and makes up the rest."""

    def prove(self, nonce2: bytes) -> bytes:
        """A root over too little work."""
        rows = self.compute(nonce2, WORD)
        rows[::5] = np.random.default_rng(1).integers(-128, 128, rows[::5].shape, dtype=np.int8)
        self._rows, self._trees = [rows], [tree_of(WORD, rows)]
        return top_of([tree.root for tree in self._trees]).root


class Early(ReferenceProver):
    """Did its work before the clock, for another second nonce."""

    def prove(self, nonce2: bytes) -> bytes:
        """A root from before."""
        return super().prove(bytes(len(nonce2)))


class Substitutes(ReferenceProver):
    """Opens other rows than were drawn."""

    def open(self, indices: "tuple[int, ...]") -> tuple[Opening, ...]:  # type: ignore[override] # as the node calls it
        """The rows beside them."""
        return super().open([(index + 1) % self.spec.rows for index in indices])


class Late(ReferenceProver):
    """Commits to nothing, and computes the rows once they are drawn."""

    def prove(self, nonce2: bytes) -> bytes:
        """A root over nothing."""
        super().prove(nonce2)
        return bytes(32)


CHEATS = (Skips, Early, Substitutes, Late)


def main() -> int:
    """Print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provers", type=int, default=50)
    parser.add_argument("--each", type=int, default=1, help="challenges one after the other by each prover")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        child, url = _start(Path(folder))
        try:
            idle = _memory_mib(child.pid)
            began = time.monotonic()
            kinds = [ReferenceProver if number % 3 else CHEATS[number // 3 % 4] for number in range(options.provers)]
            with ThreadPoolExecutor(options.provers) as pool:
                found = list(pool.map(lambda kind: _take(url, kind, options.each), kinds))
            seconds = time.monotonic() - began
            peak = _memory_mib(child.pid)
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)
        store = Store(Path(folder) / "netmind/challenger" / STORE_FILE, looks_only=True)
        kept = Counter(entry.outcome.value for entry in store.entries())
        store.close()
    return _report(kinds, found, seconds, (idle, peak), kept)


def _start(folder: Path) -> tuple["subprocess.Popen[str]", str]:
    arguments = ["challenge", "serve", "--bind", "127.0.0.1:0", "--chain", CHAIN]
    command = [sys.executable, "-m", "netmind_tui", *arguments]
    environment = os.environ | {"XDG_DATA_HOME": str(folder)}
    child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment)
    line = child.stderr.readline() if child.stderr is not None else ""
    found = re.search(r"http://\S+", line)
    if found is None:
        child.kill()
        raise SystemExit(f"the challenger did not start: {line}")
    return child, found[0]


def _take(url: str, kind: type[ReferenceProver], times: int) -> list[str]:
    """How each challenge of one prover ended: ``passed``, ``failed``, or a sentence."""
    private = Ed25519PrivateKey.generate()
    key = NodeKey(public_name(private.public_key().public_bytes_raw()), None, private)
    node = Node(Line(read_url(url), patience_s=120), key, open_chains(), RealClock(), pause=time.sleep)
    devices = Devices(provider=Provider.CPU, words=(WORD,), memory_bytes=(1 << 34,))
    found: list[str] = []
    for _ in range(times):
        try:
            taken = node.take(devices, lambda spec: kind(spec, key.public, (WORD,)))
            found.append(taken.signed.verdict.verdict)
        except Refused as refused:
            found.append("failed" if _FOUND_WRONG in refused.sentence else refused.sentence)
        except Problem as problem:
            found.append(problem.sentence)
    return found


def _memory_mib(pid: int) -> float:
    """The most memory that a process ever had."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else float("nan")


def _report(
    kinds: list[type[ReferenceProver]],
    found: list[list[str]],
    seconds: float,
    memory: tuple[float, float],
    kept: "Counter[str]",
) -> int:
    spec = find_chain(open_chains(), CHAIN)
    wrong = 0
    for kind in (ReferenceProver, *CHEATS):
        own = [each for one, ends in zip(kinds, found, strict=True) if one is kind for each in ends]
        expected = "passed" if kind is ReferenceProver else "failed"
        bad = [each for each in own if each != expected]
        wrong += len(bad)
        print(f"{kind.__name__:16} {len(own) - len(bad):4} of {len(own):4} {expected}")
        for sentence in dict.fromkeys(bad):
            print(f"    {sentence}")
    total = sum(len(each) for each in found)
    idle, peak = memory
    print(f"{total} challenges of {spec.name if spec else CHAIN} by {len(kinds)} provers at once in {seconds:.1f} s")
    print(f"the challenger's memory: {idle:.0f} MiB before, {peak:.0f} MiB at most")
    print(f"its record: {dict(kept)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
