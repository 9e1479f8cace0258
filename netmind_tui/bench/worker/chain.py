"""Proves a chain on one device: ready before the clock, every row committed to, the drawn ones computed again.

Rows are made, run and hashed block by block, and only their digests are kept: memory does not grow with their number.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter

import numpy as np

from netmind_tui.bench.chain_catalog import read_chain_graph
from netmind_tui.bench.protocol import (
    Cause,
    ChainReady,
    Committed,
    Event,
    Opened,
    OpenedRow,
    OpenRows,
    PrepareChain,
    ProveChain,
    Surveying,
)
from netmind_tui.bench.reference.chain import Rows, advance, start_block, start_rows, weights
from netmind_tui.bench.refusal import RefusedError
from netmind_tui.bench.worker.chain_session import ChainSession
from netmind_tui.bench.worker.library import load_cuda
from netmind_tui.model.chain import Body
from netmind_tui.model.kernel import Provider
from netmind_tui.model.merkle import Tree, device_tag, leaf_of

_SAMPLE_ROWS = 8
_LARGEST_BLOCK = {Provider.CPU: 2048, Provider.CUDA: 8192}
_SMALLEST_BLOCK = 64
_BYTES_A_VALUE = 16  # of a block: two buffers, the sums, and what they are scaled in
_AHEAD = 3
_TELL_EVERY_S = 0.5


class Chain:
    """One device's part of a proof."""

    def __init__(self, say: Callable[[Event], None]) -> None:
        self._say = say
        self._ask: PrepareChain | None = None
        self._session: ChainSession | None = None
        self._nonce: bytes | None = None
        self._tree: Tree | None = None
        self._block = 0

    def answer(self, ask: PrepareChain | ProveChain | OpenRows) -> Event:
        """Do what is asked.

        Raises:
            RefusedError: something that must come before did not, the device gives other bytes, or has no room.
        """
        if isinstance(ask, PrepareChain):
            return self._prepare(ask)
        return self._prove(ask.nonce) if isinstance(ask, ProveChain) else self._open(ask.indices)

    def _prepare(self, ask: PrepareChain) -> ChainReady:
        started = perf_counter()
        self._ask = self._session = self._nonce = self._tree = None
        graph = read_chain_graph(ask.graph)
        if ask.graph.provider is Provider.CUDA:
            load_cuda()
        self._block = _block_rows(ask)
        pool = weights(ask.spec, ask.nonce, ask.node_key)
        session = ChainSession(graph, pool, ask)
        start = start_block(ask.spec, ask.nonce, ask.node_key, "sample", 0, _SAMPLE_ROWS)
        wrong = int(np.count_nonzero(session.run(start) != advance(start, pool, ask.spec)))
        if wrong:
            words = f"{wrong} of {start.size} bytes of {ask.spec.name} differ from the exact ones on this device"
            raise RefusedError(Cause.INEXACT, words)
        first = start_block(ask.spec, ask.nonce, ask.node_key, "warm-up", 0, self._block)
        session.run(first)  # what is set up on the first run is not to be timed
        self._ask, self._session = ask, session
        return ChainReady(perf_counter() - started)

    def _prove(self, nonce: bytes) -> Committed:
        ask, session = self._ready()
        started = told = perf_counter()
        tag, leaves = device_tag(ask.device), list[Future[list[bytes]]]()
        with ThreadPoolExecutor(2) as aside:  # data is made and hashed while the device computes
            made = aside.submit(start_block, ask.spec, nonce, ask.node_key, ask.device, 0, self._block)
            for first in range(0, ask.spec.rows, self._block):
                start = made.result()
                after = first + self._block
                if after < ask.spec.rows:
                    made = aside.submit(start_block, ask.spec, nonce, ask.node_key, ask.device, after, self._block)
                leaves.append(aside.submit(leaves_of, tag, first, session.run(start)))
                if len(leaves) > _AHEAD:
                    leaves[-_AHEAD].result()
                if (now := perf_counter()) - told >= _TELL_EVERY_S:
                    told = now
                    self._say(Surveying(after * ask.spec.n, ask.spec.rows * ask.spec.n))
            tree = Tree([leaf for block in leaves for leaf in block.result()])
        self._nonce, self._tree = nonce, tree
        return Committed(tree.root, perf_counter() - started)

    def _open(self, indices: Sequence[int]) -> Opened:
        ask, session = self._ready()
        if self._tree is None or self._nonce is None:
            raise RefusedError(Cause.CRASH, "rows were to be opened before any were committed to")
        opened: list[OpenedRow] = []
        tag = device_tag(ask.device)
        for place in range(0, len(indices), self._block):
            wanted = indices[place : place + self._block]
            rows = session.run(start_rows(ask.spec, self._nonce, ask.node_key, ask.device, wanted))
            for index, row in zip(wanted, rows, strict=True):
                data = row.tobytes()
                if leaf_of(tag, index, data) != self._tree.leaf(index):
                    raise RefusedError(Cause.INEXACT, f"row {index} came out otherwise when it was computed again")
                opened.append(OpenedRow(index, data, self._tree.path(index)))
        return Opened(tuple(opened))

    def _ready(self) -> tuple[PrepareChain, ChainSession]:
        if self._ask is None or self._session is None:
            raise RefusedError(Cause.CRASH, "a chain was to be proven before it was prepared")
        return self._ask, self._session


def leaves_of(tag: bytes, first: int, rows: Rows) -> list[bytes]:
    """The leaves of rows that follow each other; hashing lets other threads run."""
    return [leaf_of(tag, first + place, row.tobytes()) for place, row in enumerate(rows)]


def _block_rows(ask: PrepareChain) -> int:
    """How many rows run at once: as many as memory allows, and no more than keep a device busy.

    Raises:
        RefusedError: not even the fewest have room.
    """
    spec = ask.spec
    held = 3 * spec.pool * spec.n**2 * (2 if spec.body is Body.FP16 else 1)  # the pool, given, packed, and checked
    block = min(_LARGEST_BLOCK[ask.graph.provider], spec.rows)
    while held + block * spec.n * _BYTES_A_VALUE > ask.memory_limit_bytes and block > _SMALLEST_BLOCK:
        block //= 2
    needed = held + block * spec.n * _BYTES_A_VALUE
    if needed > ask.memory_limit_bytes:
        words = f"{spec.name} needs {needed >> 20} MiB, and {ask.memory_limit_bytes >> 20} MiB may be taken"
        raise RefusedError(Cause.MEMORY, words)
    return block
