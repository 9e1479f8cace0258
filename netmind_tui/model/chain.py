"""The chain of exact matrix products behind a proof of capacity: its parameters, and the rule that chooses them.

All parameters come from the catalogue, never from whoever proves. A chain begins with ``rows`` rows of ``n`` signed
bytes and multiplies them, round after round, with one of ``pool`` matrices, scales the sums by ``2^-shift_k``, rounds
half to even and clips to a byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from netmind_tui.model.kernel import Provider


class Body(StrEnum):
    """In which numbers a device computes the chain; the bytes are the same on every device of one body.

    ``int8``: sums in 32-bit integers. ``fp16``: integers held in half precision, the sum rounded to it first.
    """

    INT8 = "int8"
    FP16 = "fp16"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainGraph:
    """The graph of one provider, which runs through the whole pool once; for devices with enough memory."""

    provider: Provider
    file: str
    sha256: str
    device_memory_min_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSpec:
    """One chain of the catalogue. ``rows`` are those of one device, a power of two.

    One that does not certify is for tests: a proof with it shows nothing.
    """

    id: str
    version: int
    title: str
    body: Body
    n: int
    shift_k: int
    pool: int
    rounds: int
    rows: int
    certifies: bool = True
    graphs: tuple[ChainGraph, ...]

    @property
    def name(self) -> str:
        """The id with the version: what a proof names."""
        return f"{self.id}@{self.version}"

    @property
    def digest(self) -> str:
        """SHA-256 over every parameter that decides a byte, as 64 hexadecimal digits."""
        words = (self.id, self.version, self.body.value, self.n, self.shift_k, self.pool, self.rounds, self.rows)
        return sha256("\n".join(("netmind-chain/1", *map(str, words))).encode()).hexdigest()

    @property
    def operations(self) -> int:
        """The exact operations of one device: a multiplication and an addition for each weight, row and round."""
        return 2 * self.rows * self.rounds * self.n**2

    @property
    def largest_weight(self) -> int:
        """The largest weight; all are odd, and their mean is zero."""
        return 63 if self.body is Body.INT8 else 15

    def graph_for(self, provider: Provider) -> ChainGraph | None:
        """The graph with which a provider computes it, or ``None`` where there is none."""
        return next((graph for graph in self.graphs if graph.provider is provider), None)


def chain_for(
    chains: Iterable[ChainSpec], provider: Provider, memory_bytes: Iterable[int], body: Body = Body.INT8
) -> ChainSpec | None:
    """The chain that devices of one provider prove together: the rule, by which everybody comes to the same one.

    Of the chains that certify and have that body and provider it is the one that asks for the most memory which the
    smallest device still has.

    Args:
        chains: Those of the catalogue.
        provider: With which the devices compute.
        memory_bytes: The memory of each device; one whose memory is unknown counts as none.
        body: The numbers to compute in.

    Returns:
        The chain, or ``None`` where no chain fits.
    """
    least = min(memory_bytes, default=0)
    fitting = [
        (graph.device_memory_min_bytes, chain)
        for chain in chains
        if chain.certifies
        and chain.body is body
        and (graph := chain.graph_for(provider)) is not None
        and graph.device_memory_min_bytes <= least
    ]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None
