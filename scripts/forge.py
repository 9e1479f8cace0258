"""Cheat in every way that is known, and print how often the verifier noticed, and what it cost not to be.

Rows are drawn by a challenger (64, as when somebody asks) and by the root itself (256, as in a certificate).
"""

import argparse
import sys
from math import prod
from time import perf_counter

import numpy as np
from forger import FORGERIES, KEY, Forge, Forger, honest, rounds_skipped, rows_skipped, skipped

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.proof import fiat_shamir
from netmind_tui.certify.proof.check import check_openings
from netmind_tui.certify.refused import Refused
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.merkle import Tree, device_tag, leaf_of, root_from

DRAWN = 64
NONCES = (b"first", b"second")


def noticed(spec: ChainSpec, forge: Forge, draws: int, seed: int = 0) -> float:
    """The part of so many draws of 64 rows in which a forgery was refused."""
    prover = Forger(spec, KEY, ["cpu"], forge)
    prover.prepare(NONCES[0])
    root = prover.prove(NONCES[1])
    generator = np.random.Generator(np.random.Philox(key=seed))
    refused = 0
    for _ in range(draws):
        drawn = [int(index) for index in generator.choice(spec.rows, DRAWN, replace=False)]
        try:
            check_openings(spec, KEY, *NONCES, prover.devices, root, drawn, prover.open(drawn))
        except Refused:
            refused += 1
    return refused / draws


def grind(spec: ChainSpec, part: float, count: int, wins: int) -> tuple[float, float, float]:
    """Tries for each of so many wins, the tries to be expected, and tries a second.

    A win is a root whose first ``count`` rows were all computed, although a part was left out. The forger changes one
    row that it never computed, and hashes the way from there to the root anew.
    """
    prover = Forger(spec, KEY, ["cpu"], honest)
    prover.prepare(NONCES[0])
    tag, rows = device_tag("cpu"), prover.compute(NONCES[1], "cpu")
    left = {int(index) for index in skipped(spec.rows, part)}
    odd = min(left)
    path = Tree([leaf_of(tag, index, row.tobytes()) for index, row in enumerate(rows)]).path(odd)
    started, tries, won = perf_counter(), 0, 0
    while won < wins:
        tries += 1
        root = root_from(leaf_of(tag, odd, tries.to_bytes(spec.n, "little")), odd, path)
        drawn = fiat_shamir.draw(spec, KEY, NONCES[1], ["cpu"], root)[:count]
        won += left.isdisjoint(drawn)
    expected = prod((spec.rows - at) / (spec.rows - len(left) - at) for at in range(count))
    return tries / won, expected, tries / (perf_counter() - started)


def main() -> int:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400, help="how often rows are drawn for each forgery")
    wish = parser.parse_args()
    spec = find_chain(open_chains(), "chain.test@1")
    if spec is None:
        return 3
    print(f"{spec.name}: {spec.rows} rows of {spec.n} bytes, {DRAWN} drawn, {wish.draws} times\n")
    print(f"{'forgery':44} {'noticed':>8} {'expected':>9}")
    print(f"{'none':44} {noticed(spec, honest, 20):8.1%} {0:9.1%}")
    for part in (0.01, 0.05, 0.10, 0.20):
        expected = 1 - (1 - part) ** DRAWN
        for what, forge in (("rows", rows_skipped(part)), ("rows short of a round", rounds_skipped(part))):
            name = f"{part:.0%} of the {what}"
            print(f"{name:44} {noticed(spec, forge, wish.draws):8.1%} {expected:9.1%}", flush=True)
    for name, forge in FORGERIES.items():
        print(f"{name:44} {noticed(spec, forge, 20):8.1%} {1:9.1%}", flush=True)
    print(f"\n{'rows drawn by the root itself, ground':44} {'tries':>8} {'expected':>9}")
    fastest = 0.0
    for part, count, wins in ((0.05, 64, 20), (0.10, 64, 5), (0.20, 24, 10)):
        tries, expected, rate = grind(spec, part, count, wins)
        fastest = max(fastest, rate)
        print(f"{f'{part:.0%} left out, {count} rows':44} {tries:8.0f} {expected:9.0f}", flush=True)
    rows = fiat_shamir.DRAWN_ROWS
    print(f"\nin Python {fastest:,.0f} tries/s; with 10^9 a second, for the {rows} rows of a certificate:")
    for part in (0.01, 0.05, 0.10, 0.15, 0.20):
        tries = (1 - part) ** -rows
        print(f"  {part:4.0%} left out: {tries:8.2g} tries, {tries / 1e9:8.2g} s, {tries / 1e9 / 3.15e7:8.2g} years")
    return 0


if __name__ == "__main__":
    sys.exit(main())
