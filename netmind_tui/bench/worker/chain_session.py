"""A chain on one provider: one session with the whole pool as layers, run as often as the rounds need."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort

from netmind_tui.bench.family.base import Array
from netmind_tui.bench.placement import assert_placed
from netmind_tui.bench.protocol import PrepareChain
from netmind_tui.bench.reference.chain import Rows
from netmind_tui.bench.worker.library import EP_NAMES
from netmind_tui.model.chain import Body
from netmind_tui.model.kernel import Provider

_ZERO_POINT = np.uint8(128)


@dataclass(frozen=True, slots=True)
class _Lane:
    """Two buffers of equally many rows, and a binding from each to the other."""

    values: tuple[ort.OrtValue, ort.OrtValue]
    hosts: tuple[Array, Array]
    bindings: tuple[ort.IOBinding, ort.IOBinding]


class ChainSession:
    """Takes rows through all rounds. The memory of the last number of rows is kept for the next as many."""

    def __init__(self, graph: bytes, pool: Sequence[Rows], ask: PrepareChain) -> None:
        self._spec = ask.spec
        self._on_gpu = ask.graph.provider is Provider.CUDA
        kinds = {Body.FP16: np.float16, Body.INT8: np.int8 if self._on_gpu else np.uint8}
        self._kind: type[np.generic] = kinds[ask.spec.body]
        weights = [matrix.astype(np.float16) if ask.spec.body is Body.FP16 else matrix for matrix in pool]
        self._weights = [ort.OrtValue.ortvalue_from_numpy(weight) for weight in weights]
        self._lane: _Lane | None = None
        name = EP_NAMES[ask.graph.provider]
        memory = {
            "device_id": "0",  # only one device is visible
            "arena_extend_strategy": "kSameAsRequested",
            "gpu_mem_limit": str(ask.memory_limit_bytes),
        }
        self._session = ort.InferenceSession(
            graph, self._options(ask), providers=[(name, memory) if self._on_gpu else name], enable_fallback=0
        )
        read = getattr(self._session, "get_provider_graph_assignment_info", None)
        assigned = [(part.ep_name, [node.op_type for node in part.get_nodes()]) for part in (read() if read else [])]
        assert_placed(assigned, name, readable=read is not None)
        if self._on_gpu:
            self._weights.clear()  # the device has its own copy

    def run(self, start: Rows) -> Rows:
        """The rows after the last round, shape ``(rows, n)``, in memory of their own."""
        lane = self._lane_for(len(start))
        self._write(lane, start)
        passes = self._spec.rounds // self._spec.pool
        for turn in range(passes):
            self._session.run_with_iobinding(lane.bindings[turn % 2])
        last = passes % 2
        return self._read(lane.values[last].numpy() if self._on_gpu else lane.hosts[last])

    def _options(self, ask: PrepareChain) -> ort.SessionOptions:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = ask.threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        if self._on_gpu:
            options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        options.add_external_initializers([f"W{index}" for index in range(ask.spec.pool)], self._weights)
        return options

    def _lane_for(self, count: int) -> _Lane:
        if self._lane is None or len(self._lane.hosts[0]) != count:
            self._lane = None  # its memory first
            place = ("cuda", 0) if self._on_gpu else ()
            one, other = (np.zeros((count, self._spec.n), self._kind) for _ in range(2))
            values = (ort.OrtValue.ortvalue_from_numpy(one, *place), ort.OrtValue.ortvalue_from_numpy(other, *place))
            there, back = self._session.io_binding(), self._session.io_binding()
            for binding, (source, target) in ((there, values), (back, values[::-1])):
                binding.bind_ortvalue_input("X", source)
                binding.bind_ortvalue_output("Y", target)
            self._lane = _Lane(values, (one, other), (there, back))
        return self._lane

    def _write(self, lane: _Lane, start: Rows) -> None:
        raw = start.view(np.uint8) ^ _ZERO_POINT if self._kind is np.uint8 else start.astype(self._kind, copy=False)
        if self._on_gpu:
            lane.values[0].update_inplace(np.ascontiguousarray(raw))
        else:
            np.copyto(lane.hosts[0], raw)

    def _read(self, found: Array) -> Rows:
        if self._kind is np.uint8:
            return (found.view(np.uint8) ^ _ZERO_POINT).view(np.int8)
        return np.array(found, np.int8)
