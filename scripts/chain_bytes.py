"""Whether this processor computes the chains of proofs byte for byte as NumPy does, for many seeds and every size.

``--emulated CPU`` does the same on another processor, which ``qemu-x86_64`` imitates (Debian: qemu-user); there a
control whose weights use all eight bits must come out wrong where the processor has no VNNI, or the test sees nothing.
Ends with 1 where a byte differs, or where the control does not.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.bench.reference.chain import Rows, advance, start_block, weights
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.kernel import Provider

KEY = "ed25519:" + "00" * 32
EMULATOR = "qemu-x86_64"


def sizes() -> tuple[ChainSpec, ...]:
    """One chain of the processor for each size of matrices, that with the most rounds."""
    found: dict[int, ChainSpec] = {}
    for chain in sorted(open_chains(), key=lambda each: each.rounds):
        if chain.graph_for(Provider.CPU) is not None:
            found[chain.n] = chain
    return tuple(found[n] for n in sorted(found))


def case(spec: ChainSpec, seed: int, rows: int, *, full_range: bool = False) -> tuple[tuple[Rows, ...], Rows]:
    """The pool and the first rows for a seed; with ``full_range`` weights that no chain has, and the largest rows."""
    nonce = f"seed {seed}".encode()
    pool, start = weights(spec, nonce, KEY), start_block(spec, nonce, KEY, "cpu", 0, rows)
    if not full_range:
        return pool, start
    wild = np.random.Philox(key=seed).random_raw(spec.pool * spec.n**2 // 8).view(np.int8)
    return tuple(wild.reshape(spec.pool, spec.n, spec.n)), start


def compute(spec: ChainSpec, pool: tuple[Rows, ...], start: Rows, threads: int) -> Rows:
    """What the worker's own session makes of the rows."""
    from netmind_tui.bench.chain_catalog import read_chain_graph  # noqa: PLC0415 - in the emulated process alone
    from netmind_tui.bench.protocol import PrepareChain  # noqa: PLC0415
    from netmind_tui.bench.worker.chain_session import ChainSession  # noqa: PLC0415

    graph = spec.graph_for(Provider.CPU)
    if graph is None:
        raise ValueError(spec.name)
    ask = PrepareChain(
        spec=spec, graph=graph, node_key=KEY, device="cpu", nonce=b"", threads=threads, memory_limit_bytes=2**34
    )
    return ChainSession(read_chain_graph(graph), pool, ask).run(start)


def differing(spec: ChainSpec, seed: int, rows: int, threads: int) -> int:
    """How many bytes differ here."""
    pool, start = case(spec, seed, rows)
    return int(np.count_nonzero(compute(spec, pool, start, threads) != advance(start, pool, spec)))


def emulated(cpu: str, n: int, seed: int, rows: int, *, full_range: bool) -> tuple[int, int]:
    """How many of how many bytes differ on another processor, after each matrix of the pool was used once."""
    spec = _spec(n)
    pool, start = case(spec, seed, rows, full_range=full_range)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        wish = [str(n), str(seed), str(rows), "1" if full_range else "0", str(path)]
        subprocess.run(
            [EMULATOR, "-cpu", cpu, sys.executable, __file__, "--inside", *wish],
            check=True,
            env={**os.environ, "OPENBLAS_CORETYPE": "Haswell"},
            capture_output=True,
        )
        found = np.load(path)
    return int(np.count_nonzero(found != advance(start, pool, spec))), found.size


def _spec(n: int) -> ChainSpec:
    """The chain of that size with as many rounds as it has matrices: enough, where every step takes a hundredfold."""
    spec = next(each for each in sizes() if each.n == n)
    return replace(spec, rounds=spec.pool)


def _inside(wish: list[str]) -> None:
    n, seed, rows = (int(each) for each in wish[:3])
    spec = _spec(n)
    pool, start = case(spec, seed, rows, full_range=wish[3] == "1")
    np.save(wish[4], compute(spec, pool, start, 1))


def _native(seeds: int, rows: int) -> Iterator[bool]:
    for spec in sizes():
        for threads in (1, 2):
            wrong = sum(differing(spec, seed, rows, threads) for seed in range(seeds))
            told = f"n {spec.n:4}  {threads} threads  {spec.rounds} rounds  {rows} rows  {seeds} seeds"
            print(f"{told}: {wrong} bytes differ", flush=True)
            yield wrong == 0


def _emulated(cpu: str, seeds: int, rows: int) -> Iterator[bool]:
    for spec in sizes():
        wrong = sum(emulated(cpu, spec.n, seed, rows, full_range=False)[0] for seed in range(seeds))
        print(f"n {spec.n:4}  {cpu}  {spec.pool} rounds  {rows} rows  {seeds} seeds: {wrong} bytes differ", flush=True)
        yield wrong == 0
    wrong, total = emulated(cpu, sizes()[0].n, 0, rows, full_range=True)
    print(f"n {sizes()[0].n:4}  {cpu}  control with weights of all eight bits: {wrong} of {total} bytes differ")
    yield wrong > 0


def main() -> int:
    """Compare, and print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--emulated", metavar="CPU", help="such as Haswell, which has AVX2 and no VNNI")
    parser.add_argument("--inside", nargs=5, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.inside:
        _inside(wish.inside)
        return 0
    if wish.emulated and shutil.which(EMULATOR) is None:
        print(f"{EMULATOR} is not installed (Debian: qemu-user)")
        return 3
    told = _emulated(wish.emulated, wish.seeds, wish.rows) if wish.emulated else _native(wish.seeds, wish.rows)
    return 0 if all(list(told)) else 1


if __name__ == "__main__":
    sys.exit(main())
