"""The child process that measures: the only importer of ``onnxruntime``.

Run as ``python -m netmind_tui.bench.worker PROVIDER``; requests come on stdin, events go to stdout, a line each.
It ends when its stdin closes, so it never outlives whoever started it.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library loads; otherwise it writes into the home folder
for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_pool] = "1"  # NumPy only checks results; a second spinning pool would halve ONNX Runtime's

import ctypes
import gc
import platform
import queue
import re
import sys
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

import msgspec
import numpy as np
import onnxruntime as ort

from netmind_tui.bench.catalog import DigestMismatchError, read_graph
from netmind_tui.bench.family import FAMILIES
from netmind_tui.bench.family.base import Array, Task
from netmind_tui.bench.placement import PlacementRefusedError, assert_placed
from netmind_tui.bench.protocol import Begun, Cause, Event, Noticed, Outcome, Prepared, Ready, Refusal, Request
from netmind_tui.bench.rotation import Rotation
from netmind_tui.bench.timing import Notice, Stopwatch
from netmind_tui.model.kernel import Phase, Provider

_EP_NAMES = {Provider.CPU: "CPUExecutionProvider", Provider.CUDA: "CUDAExecutionProvider"}
_CUDA_13 = 13
_OUT_OF_MEMORY = ("failed to allocate", "bad_alloc", "out of memory", "available memory")
_SPOIL_STRIDE, _SPOILED_BYTES = 1_000_003, 64
_STOP = b"stop\n"
_MISSING_LIBRARY = re.compile(r"(lib\S+): cannot open shared object file")


class ProviderError(Exception):
    """The execution provider cannot be loaded here; the message says what is missing."""


class LibraryAbsentError(Exception):
    """The provider works, but not for this kernel: a library that only some kernels need is not there."""


class OrtBinding:
    """Inputs and output of one run. ``buffer`` is the output itself where it lies in the host's memory."""

    def __init__(
        self, session: ort.InferenceSession, options: ort.RunOptions | None, io: ort.IOBinding, buffer: Array | None
    ) -> None:
        self._session = session
        self._options = options
        self._buffer = buffer
        self._spoiled = 0
        self.io = io

    def run(self) -> None:
        """Start one iteration."""
        self._session.run_with_iobinding(self.io, self._options)

    def result(self) -> Array:
        """The output, copied to the host if it lies elsewhere."""
        if self._buffer is not None:
            return self._buffer
        copied: Array = self.io.copy_outputs_to_cpu()[0]
        return copied

    def spoil(self) -> None:
        """On the host a few bytes, elsewhere each time; on a device, where that costs as much, the whole output."""
        if self._buffer is None:
            for output in self.io.get_outputs():
                output.update_inplace(np.full_like(output.numpy(), 0x55))
            return
        raw = self._buffer.reshape(-1).view(np.uint8)
        raw[self._spoiled : self._spoiled + _SPOILED_BYTES] = 0xAA
        self._spoiled = (self._spoiled + _SPOIL_STRIDE) % raw.size


class OrtSession:
    """One graph on one provider, refused unless every node stands where it was asked for."""

    def __init__(self, graph: bytes, weights: Mapping[str, Array], request: Request) -> None:
        self._on_gpu = request.provider is Provider.CUDA
        self.spoils_cheaply = not self._on_gpu
        self._weights = {name: ort.OrtValue.ortvalue_from_numpy(weight) for name, weight in weights.items()}
        self._session = ort.InferenceSession(
            graph, self._options(request), providers=[_provider(request)], enable_fallback=0
        )
        if self._on_gpu:
            self._weights.clear()  # the device has its own copy
        read = getattr(self._session, "get_provider_graph_assignment_info", None)
        assigned = [(part.ep_name, [node.op_type for node in part.get_nodes()]) for part in (read() if read else [])]
        self.placement_read = read is not None
        self.placed_nodes = assert_placed(assigned, _EP_NAMES[request.provider], readable=self.placement_read)
        self._run_options = _run_options(request)
        self._waiting: weakref.ref[ort.IOBinding] | None = None

    def _options(self, request: Request) -> ort.SessionOptions:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = request.threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        if self._on_gpu:
            options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        if self._weights:
            options.add_external_initializers(list(self._weights), list(self._weights.values()))
        return options

    def bind(self, inputs: Mapping[str, Array], output: Array) -> OrtBinding:
        """Bind inputs and output on the device: on a GPU in the session's own arena, which the limit bounds."""
        io = self._session.io_binding()
        name = self._session.get_outputs()[0].name
        for key, value in inputs.items():
            if self._on_gpu:
                io.bind_cpu_input(key, value)
            else:
                io.bind_ortvalue_input(key, ort.OrtValue.ortvalue_from_numpy(value))
        if self._on_gpu:
            io.bind_output(name, "cuda", 0)
            io.synchronize_inputs()
            self._waiting = weakref.ref(io)  # held only by those who use it: buffers go back with them
            return OrtBinding(self._session, self._run_options, io, None)
        io.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(output))
        return OrtBinding(self._session, self._run_options, io, output)

    def synchronise(self) -> None:
        """Wait for the device (one binding waits for all of them); a CPU run has finished when it returns."""
        io = self._waiting() if self._waiting is not None else None
        if io is not None:
            io.synchronize_outputs()

    def evaluate(self, inputs: Mapping[str, Array]) -> Array:
        """Run once outside every binding; the output, on the host."""
        output: Array = self._session.run(None, dict(inputs))[0]
        return output


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
    name = _EP_NAMES[request.provider]
    if request.provider is Provider.CPU:
        return name
    return name, {
        "device_id": "0",  # the runner makes only one device visible
        "use_tf32": "1" if request.kernel.precision == "tf32" else "0",
        "arena_extend_strategy": "kSameAsRequested",
        "gpu_mem_limit": str(request.memory_limit_bytes),
    }


def _runs_without_cudnn() -> bool:
    """From CUDA 13 on the provider loads cuDNN when it is needed; earlier builds are linked against it."""
    major = str(getattr(ort, "cuda_version", "")).partition(".")[0]
    return major.isdigit() and int(major) >= _CUDA_13


def load_cuda() -> None:
    """Load what the CUDA provider needs, so that a missing library has a name.

    Raises:
        ProviderError: this build has no CUDA provider, or a library that it needs is missing.
    """
    if _EP_NAMES[Provider.CUDA] not in ort.get_available_providers():
        raise ProviderError("this build of onnxruntime has no CUDA provider")
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        preload(cudnn=not _runs_without_cudnn())
    if sys.platform != "linux":
        return
    capi = Path(ort.__file__).parent / "capi"
    try:
        ctypes.CDLL(str(capi / "libonnxruntime_providers_shared.so"), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(capi / "libonnxruntime_providers_cuda.so"))
    except OSError as error:
        missing = _MISSING_LIBRARY.match(str(error))
        detail = f"the CUDA library {missing[1]} is not installed" if missing else str(error)
        raise ProviderError(detail) from error


def load_cudnn() -> None:
    """Load cuDNN, which only convolutions need.

    Raises:
        LibraryAbsentError: it is not installed, or not where it is looked for.
    """
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        preload(cuda=False, cudnn=True)
    name = "cudnn64_9.dll" if sys.platform == "win32" else "libcudnn.so.9"
    try:
        ctypes.CDLL(name)
    except OSError as error:
        raise LibraryAbsentError(f"cuDNN absent: {name} cannot be loaded; the extra cuda-full has it") from error


class Worker:
    """Answers requests one after the other."""

    def __init__(self, provider: Provider, events: BinaryIO) -> None:
        self._provider = provider
        self._events = events
        self._encoder = msgspec.json.Encoder()
        self.stop_asked = threading.Event()

    def say(self, event: Event) -> None:
        """Send one event."""
        self._events.write(self._encoder.encode(event) + b"\n")
        self._events.flush()

    def answer(self, request: Request) -> Outcome | Refusal:
        """Measure one kernel, or say why not."""
        try:
            return self._measure(request)
        except DigestMismatchError as error:
            return Refusal(Cause.DIGEST, str(error))
        except ProviderError as error:
            return Refusal(Cause.PROVIDER, str(error))
        except LibraryAbsentError as error:
            return Refusal(Cause.LIBRARY, str(error))
        except PlacementRefusedError as error:
            return Refusal(Cause.PLACEMENT, str(error))
        except MemoryError as error:
            return Refusal(Cause.MEMORY, str(error) or "the allocation failed")
        except Exception as error:  # noqa: BLE001 - whatever the runtime raises is this kernel's answer, not the end
            return _refusal_of(error)
        finally:
            gc.collect()  # sessions hold buffers: they go back before the next kernel asks for some

    def _measure(self, request: Request) -> Outcome:
        self.stop_asked.clear()
        self._begin(Phase.SETUP)
        started = perf_counter()
        graph = read_graph(request.variant)
        if request.provider is Provider.CUDA:
            load_cuda()
        if request.variant.needs_cudnn:
            load_cudnn()
        opened: list[OrtSession] = []

        def open_session(weights: Mapping[str, Array]) -> OrtSession:
            opened.append(OrtSession(graph, weights, request))
            return opened[-1]

        task = Task(
            request.kernel,
            request.variant,
            request.seed,
            request.default_seed,
            request.memory_limit_bytes,
            request.rules.setup_cap_s,
        )
        exercise = FAMILIES[request.kernel.family](task, open_session)
        setup_s = perf_counter() - started

        self.say(Prepared(exercise.shape))
        rotation = Rotation(exercise)
        self._begin(Phase.COLD)
        first_s = rotation.run(1)
        self._begin(Phase.VERIFY)
        rotation.run(len(exercise.bindings))  # every input is checked before any is timed
        outcome = Outcome(
            shape=exercise.shape,
            setup_s=setup_s,
            placed_nodes=sum(session.placed_nodes for session in opened),
            placement_read=all(session.placement_read for session in opened),
            notes=exercise.notes,
            before=rotation.check(),
        )
        if not outcome.before.ok:
            return outcome

        def begin(phase: Phase) -> None:
            rotation.spoil()
            self._begin(phase)

        stopwatch = Stopwatch(rotation.run, request.rules, begin, self._notify, self.stop_asked.is_set, perf_counter)
        timing = stopwatch.measure(exercise.cold_s or first_s)
        self._begin(Phase.VERIFY)
        return msgspec.structs.replace(outcome, after=rotation.check(), timing=timing)

    def _begin(self, phase: Phase) -> None:
        self.say(Begun(phase))

    def _notify(self, notice: Notice) -> None:
        self.say(Noticed(notice))


def _refusal_of(error: Exception) -> Refusal:
    text = str(error).strip().splitlines()
    detail = text[0] if text else type(error).__name__
    lowered = detail.lower()
    if any(words in lowered for words in _OUT_OF_MEMORY):
        return Refusal(Cause.MEMORY, detail)
    if "fallback to cpu ep has been explicitly disabled" in lowered:
        return Refusal(Cause.PLACEMENT, "a node would have been placed on the CPU")
    return Refusal(Cause.CRASH, f"{type(error).__name__}: {detail}")


def _private_stdout() -> BinaryIO:
    """Keep the protocol's pipe to ourselves: what a library prints goes to stderr."""
    protocol = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return protocol


def _listen(worker: Worker, requests: "queue.SimpleQueue[Request | None]") -> None:
    """Read stdin until it closes; then the parent is gone and this process has no reason to go on."""
    decoder: Any = msgspec.json.Decoder(Request)
    try:
        for line in sys.stdin.buffer:
            if line == _STOP:
                worker.stop_asked.set()
            else:
                requests.put(decoder.decode(line))
    finally:
        os._exit(0)


def main() -> None:
    """Serve requests until stdin closes."""
    gc.disable()  # no collection inside a timed window; each kernel ends with one
    worker = Worker(Provider(sys.argv[1]), _private_stdout())
    requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(worker, requests), daemon=True).start()
    with suppress(BrokenPipeError):
        worker.say(Ready(ort.__version__, np.__version__, platform.python_version()))
        while (request := requests.get()) is not None:
            worker.say(worker.answer(request))


if __name__ == "__main__":
    main()
