"""What a proof costs on this processor: the prover's rate, and the verifier's time and memory, against the rows.

Then what follows from these for machines that are not here: the verifier's work depends on the chain and the rows that
are drawn, and not on how many devices there are or how fast. Their own rates are taken as ``--rate`` says, in TOP/s.
"""

import argparse
import multiprocessing
import resource
import sys
from dataclasses import replace
from time import perf_counter

import numpy as np

from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.bench.reference.chain import advance, start_block, start_rows, weights
from netmind_tui.certify.proof.device import DeviceProver, ProvingDevice
from netmind_tui.certify.proof.fiat_shamir import DRAWN_ROWS
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.kernel import Provider

KEY = "ed25519:" + "00" * 32
INTERACTIVE = 64


def rate_of(spec: ChainSpec, rows: int, threads: int) -> tuple[float, float]:
    """The prover's operations a second, all between nonce and root counted; and the seconds for so many rows."""
    device = ProvingDevice(
        word="cpu", device="cpu", provider=Provider.CPU, uuid=None, threads=threads, memory_limit_bytes=2**33
    )
    few = replace(spec, rows=rows)
    prover = DeviceProver(few, KEY, [device])
    try:
        prover.prepare(b"first")
        started = perf_counter()
        prover.prove(b"second")
        elapsed = perf_counter() - started
    finally:
        prover.close()
    return few.operations / elapsed, elapsed


def check_cost(spec: ChainSpec, drawn: int) -> tuple[float, float, int]:
    """In a process of its own: seconds for the matrices and for the rows, and the most memory that it took."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: tuple[float, float, int] = pool.apply(_check_cost, (spec, drawn))
    return found


def _check_cost(spec: ChainSpec, drawn: int) -> tuple[float, float, int]:
    started = perf_counter()
    pool = weights(spec, b"first", KEY)
    made = perf_counter()
    advance(start_rows(spec, b"second", KEY, "cpu", range(drawn)), pool, spec)
    rows = perf_counter() - made
    return made - started, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def host_cost(spec: ChainSpec) -> float:
    """Seconds that the host needs for a byte of a device's rows: made on one thread, hashed on another."""
    rows = 2**12
    started = perf_counter()
    start = start_block(spec, b"second", KEY, "cpu", 0, rows)
    made = perf_counter() - started
    from netmind_tui.bench.worker.chain import leaves_of  # noqa: PLC0415 - it sets up the worker's environment

    started = perf_counter()
    leaves_of(bytes(32), 0, start)
    return max(made, perf_counter() - started) / start.size


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, nargs=2, default=(60.0, 500.0), metavar=("12GB", "80GB"))
    parser.add_argument("--rows", type=int, default=8192, help="how many rows the prover's rate is taken over")
    parser.add_argument("--threads", type=int, default=2)
    wish = parser.parse_args()
    chains = {chain.id: chain for chain in open_chains() if chain.certifies}
    print(f"numpy {np.__version__}, {wish.threads} threads; prover over {wish.rows} rows\n")
    print(
        f"{'chain':20} {'rows':>7} {'TOP/s':>6} {'prover s':>9}"
        f" {'64 rows s':>10} {'ratio':>6} {'256 rows s':>11} {'ratio':>6} {'MiB':>5}"
    )
    costs: dict[str, tuple[float, float, int]] = {}
    for chain in chains.values():
        made, rows, peak = check_cost(chain, DRAWN_ROWS)
        _, few, _ = check_cost(chain, INTERACTIVE)
        costs[chain.id] = made, rows, peak
        asked, offline = made + few, made + rows
        if chain.graph_for(Provider.CPU) is None:
            print(f"{chain.id:20} {'':24} {asked:10.2f} {'':6} {offline:11.2f} {'':6} {peak >> 20:5}", flush=True)
            continue
        rate, _ = rate_of(chain, wish.rows, wish.threads)
        for count in (chain.rows // 4, chain.rows, chain.rows * 4):
            whole = 2 * count * chain.rounds * chain.n**2 / rate
            print(
                f"{chain.id:20} {count:7} {rate / 1e12:6.2f} {whole:9.1f} {asked:10.2f} 1/{whole / asked:<4.0f}"
                f" {offline:11.2f} 1/{whole / offline:<4.0f} {peak >> 20:5}",
                flush=True,
            )
    print(f"\n{'extrapolated':28} {'chain':16} {'P operations':>13} {'prover s':>9} {'host s':>7} {'verifier s':>11}")
    small, large = wish.rate
    for name, chain_id, cards, rate in (
        ("12 GB card", "chain.int8.long", 1, small),
        ("80 GB card", "chain.int8.wide", 1, large),
        ("8 cards of 80 GB", "chain.int8.wide", 8, large),
    ):
        chain = chains[chain_id]
        made, rows, _ = costs[chain_id]
        host = host_cost(chain) * chain.rows * chain.n
        whole, peta = chain.operations / rate / 1e12, chain.operations * cards / 1e15
        words = f"{name} at {rate:g} TOP/s"
        print(f"{words:28} {chain_id:16} {peta:13.2f} {whole:9.1f} {host:7.1f} {made + rows:11.1f}")
    print("\nhost s: rows made and hashed beside the device, two threads a card; where it is longer, it decides")
    return 0


if __name__ == "__main__":
    sys.exit(main())
