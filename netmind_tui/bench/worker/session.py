"""One graph on one provider: opened, placed where it was asked for, bound and run."""

import weakref
from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime as ort

from netmind_tui.bench.family.base import Array, Cache
from netmind_tui.bench.placement import assert_placed
from netmind_tui.bench.protocol import Request
from netmind_tui.bench.worker import bfloat
from netmind_tui.bench.worker.library import EP_NAMES
from netmind_tui.model.kernel import Provider

_SPOIL_STRIDE, _SPOILED_BYTES = 1_000_003, 64


class OrtBinding:
    """Inputs and output of one run. ``buffer`` is the output itself where it lies in the host's memory.

    ``reader`` copies the output to the host where NumPy has no such type.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        options: ort.RunOptions | None,
        io: ort.IOBinding,
        buffer: Array | None,
        reader: bfloat.Reader | None = None,
    ) -> None:
        self._session = session
        self._options = options
        self._buffer = buffer
        self._reader = reader
        self._spoiled = 0
        self.io = io
        self.caches: list[tuple[Cache, ort.OrtValue]] = []
        self.inputs: list[Array] = []

    def run(self) -> None:
        """Start one iteration."""
        self._session.run_with_iobinding(self.io, self._options)

    def result(self) -> Array:
        """The output, copied to the host if it lies elsewhere."""
        if self._buffer is not None:
            return self._buffer
        if self._reader is not None:
            return self._reader.read(self.io.get_outputs()[0])
        copied: Array = self.io.copy_outputs_to_cpu()[0]
        return copied

    def cached(self) -> list[Array]:
        """The caches, copied to the host if they lie elsewhere."""
        return [value.numpy() if self._buffer is None else cache.values for cache, value in self.caches]

    def spoil(self) -> None:
        """Make the output wrong, and of each cache what a run writes."""
        self._spoil_output()
        for cache, value in self.caches:
            values = value.numpy() if self._buffer is None else cache.values
            values[cache.written] = 0x55
            if self._buffer is None:
                value.update_inplace(values)

    def _spoil_output(self) -> None:
        """On the host a few bytes, elsewhere each time; on a device, where that costs as much, the whole output."""
        if self._buffer is None:
            for output in self.io.get_outputs()[:1]:
                wrong = np.full_like(output.numpy(), 0x55) if self._reader is None else bfloat.wrong_for(output)
                output.update_inplace(wrong)
            return
        raw = self._buffer.reshape(-1).view(np.uint8)
        raw[self._spoiled : self._spoiled + _SPOILED_BYTES] = 0xAA
        self._spoiled = (self._spoiled + _SPOIL_STRIDE) % raw.size


class OrtSession:
    """One graph on one provider, refused unless every node stands where it was asked for."""

    def __init__(self, graph: bytes, weights: Mapping[str, Array], request: Request) -> None:
        self._on_gpu = request.provider is Provider.CUDA
        self.spoils_cheaply = not self._on_gpu
        self._weights = {name: bfloat.value_of(weight) for name, weight in weights.items()}
        self._provider = _provider(request)
        self._reader: bfloat.Reader | None = None
        self._session = ort.InferenceSession(
            graph, self._options(request), providers=[self._provider], enable_fallback=0
        )
        if self._on_gpu:
            self._weights.clear()  # the device has its own copy
        read = getattr(self._session, "get_provider_graph_assignment_info", None)
        assigned = [(part.ep_name, [node.op_type for node in part.get_nodes()]) for part in (read() if read else [])]
        self.placement_read = read is not None
        self.placed_nodes = assert_placed(assigned, EP_NAMES[request.provider], readable=self.placement_read)
        self._run_options = _run_options(request)
        self._waiting: weakref.ref[ort.IOBinding] | None = None

    def _options(self, request: Request) -> ort.SessionOptions:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = request.threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        if request.rests:
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if self._on_gpu:
            options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        if self._weights:
            options.add_external_initializers(list(self._weights), list(self._weights.values()))
        return options

    def bind(self, inputs: Mapping[str, Array], output: Array, caches: Sequence[Cache] = ()) -> OrtBinding:
        """Bind inputs and output on the device: on a GPU in the session's own arena, which the limit bounds."""
        io = self._session.io_binding()
        name = self._session.get_outputs()[0].name
        for key, value in inputs.items():
            io.bind_ortvalue_input(key, bfloat.value_of(value))  # copied to where the graph wants it, if need be
        if self._on_gpu:
            io.bind_output(name, "cuda", 0)
            io.synchronize_inputs()
            self._waiting = weakref.ref(io)  # held only by those who use it: buffers go back with them
            if output.dtype == bfloat.BITS and self._reader is None:
                self._reader = bfloat.Reader(self._provider)
            binding = OrtBinding(self._session, self._run_options, io, None, self._reader)
        else:
            io.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(output))
            binding = OrtBinding(self._session, self._run_options, io, output)
        binding.caches = self._bind_caches(io, caches)
        binding.inputs = list(inputs.values())  # the runtime reads them where they lie, and holds none of them
        return binding

    def _bind_caches(self, io: ort.IOBinding, caches: Sequence[Cache]) -> list[tuple[Cache, ort.OrtValue]]:
        """Bind each cache once for what is read and what is written."""
        place = ("cuda", 0) if self._on_gpu else ()
        bound = [(cache, ort.OrtValue.ortvalue_from_numpy(cache.values, *place)) for cache in caches]
        for cache, value in bound:
            io.bind_ortvalue_input(cache.input, value)
            io.bind_ortvalue_output(cache.output, value)
        return bound

    def synchronise(self) -> None:
        """Wait for the device (one binding waits for all of them); a CPU run has finished when it returns."""
        io = self._waiting() if self._waiting is not None else None
        if io is not None:
            io.synchronize_outputs()

    def evaluate(self, inputs: Mapping[str, Array]) -> Array:
        """Run once outside every binding; the output, on the host."""
        output: Array = self._session.run(None, dict(inputs))[0]
        return output

    def observe(self, inputs: Mapping[str, Array], caches: Sequence[Cache]) -> dict[str, Array]:
        """Run once outside every binding; every output by its name, on the host."""
        io = self._session.io_binding()
        for key, value in inputs.items():
            io.bind_ortvalue_input(key, ort.OrtValue.ortvalue_from_numpy(value))
        names = [output.name for output in self._session.get_outputs()]
        plain = [name for name in names if name not in {cache.output for cache in caches}]
        for name in plain:
            io.bind_output(name)
        bound = self._bind_caches(io, caches)
        self._session.run_with_iobinding(io)
        found = dict(zip(plain, io.copy_outputs_to_cpu(), strict=False))  # those of the caches come after these
        return {**found, **{cache.output: value.numpy() if self._on_gpu else cache.values for cache, value in bound}}


def _run_options(request: Request) -> ort.RunOptions | None:
    """Let GPU runs queue up and wait once a sample; a latency is that of a whole round trip.

    Passing any options costs 30 to 50 µs a call on the host, so they are passed only where they are needed.
    """
    if request.provider is Provider.CPU or request.kernel.is_latency:
        return None
    options = ort.RunOptions()
    options.add_run_config_entry("disable_synchronize_execution_providers", "1")
    return options


def _provider(request: Request) -> str | tuple[str, dict[str, str]]:
    name = EP_NAMES[request.provider]
    if request.provider is Provider.CPU:
        return name
    return name, {
        "device_id": "0",  # the runner makes only one device visible
        "use_tf32": "1" if request.kernel.precision == "tf32" else "0",
        "arena_extend_strategy": "kSameAsRequested",
        "gpu_mem_limit": str(request.memory_limit_bytes),
    }
