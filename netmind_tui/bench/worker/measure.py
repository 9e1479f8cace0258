"""Answers requests: one kernel prepared, verified, timed and verified again."""

import gc
import threading
from collections.abc import Mapping
from time import perf_counter
from typing import BinaryIO

import msgspec

from netmind_tui.bench.catalog import DigestMismatchError, read_graph
from netmind_tui.bench.family import FAMILIES
from netmind_tui.bench.family.base import Array, Task
from netmind_tui.bench.placement import PlacementRefusedError
from netmind_tui.bench.protocol import Begun, Cause, Event, Noticed, Outcome, Prepared, Refusal, Request
from netmind_tui.bench.rotation import Rotation
from netmind_tui.bench.timing import Notice, Stopwatch
from netmind_tui.bench.worker.library import LibraryAbsentError, ProviderError, load_cuda, load_cudnn
from netmind_tui.bench.worker.session import OrtSession
from netmind_tui.model.kernel import Phase, Provider

_OUT_OF_MEMORY = ("failed to allocate", "bad_alloc", "out of memory", "available memory")


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
