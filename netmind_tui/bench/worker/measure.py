"""Answers requests: one kernel prepared, verified, timed and verified again."""

import gc
import threading
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

import msgspec

from netmind_tui.bench.catalog import DigestMismatchError, read_graph
from netmind_tui.bench.check import Check
from netmind_tui.bench.family import FAMILIES
from netmind_tui.bench.family.base import Exercise, Survey, Task
from netmind_tui.bench.placement import PlacementRefusedError
from netmind_tui.bench.protocol import (
    Ask,
    Begun,
    Cause,
    Event,
    Exert,
    Exerted,
    Noticed,
    Outcome,
    Poised,
    Prepared,
    Refusal,
    Request,
    Surveying,
)
from netmind_tui.bench.refusal import RefusedError
from netmind_tui.bench.rotation import Rotation
from netmind_tui.bench.timing import Notice, Stopwatch
from netmind_tui.bench.worker.chain import Chain
from netmind_tui.bench.worker.cuda import CudaCard
from netmind_tui.bench.worker.exertion import Exertion
from netmind_tui.bench.worker.library import LibraryAbsentError, ProviderError, load_cuda, load_cudnn
from netmind_tui.bench.worker.shelf import Opening, Shelf
from netmind_tui.model.kernel import Phase, Provider

_TELL_EVERY_S = 0.25
_OUT_OF_MEMORY = ("failed to allocate", "bad_alloc", "out of memory", "available memory")


class Worker:
    """Answers requests one after the other."""

    def __init__(self, provider: Provider, events: BinaryIO) -> None:
        self._provider = provider
        self._events = events
        self._encoder = msgspec.json.Encoder()
        self._shelf = Shelf()
        self._chain = Chain(self.say)
        self.stop_asked = threading.Event()
        self.go_given = threading.Event()

    def say(self, event: Event) -> None:
        """Send one event."""
        self._events.write(self._encoder.encode(event) + b"\n")
        self._events.flush()

    def answer(self, request: Ask) -> Event:
        """Measure one kernel or do one step of a proof, or say why not."""
        try:
            if not isinstance(request, Request | Exert):
                return self._chain.answer(request)
            with ExitStack() as stack:
                return self._measure(request, stack) if isinstance(request, Request) else self._exert(request, stack)
        except DigestMismatchError as error:
            return Refusal(Cause.DIGEST, str(error))
        except ProviderError as error:
            return Refusal(Cause.PROVIDER, str(error))
        except LibraryAbsentError as error:
            return Refusal(Cause.LIBRARY, str(error))
        except PlacementRefusedError as error:
            return Refusal(Cause.PLACEMENT, str(error))
        except RefusedError as error:
            return Refusal(error.cause, str(error))
        except MemoryError as error:
            return Refusal(Cause.MEMORY, str(error) or "the allocation failed")
        except Exception as error:  # noqa: BLE001 - whatever the runtime raises is this kernel's answer, not the end
            return _refusal_of(error)
        finally:
            gc.collect()  # sessions hold buffers: they go back before the next kernel asks for some

    def _measure(self, request: Request, stack: ExitStack) -> Outcome:
        started = perf_counter()
        exercise, opening = self._prepare(request, stack)
        setup_s = perf_counter() - started
        if isinstance(exercise, Survey):
            return self._survey(exercise, request, setup_s)
        rotation = Rotation(exercise)
        self._begin(Phase.COLD)
        first_s = rotation.run(1)
        self._begin(Phase.VERIFY)
        rotation.run(len(exercise.bindings))  # every input is checked before any is timed
        outcome = Outcome(
            shape=exercise.shape,
            setup_s=setup_s,
            placed_nodes=sum(session.placed_nodes for session in opening.sessions),
            placement_read=all(session.placement_read for session in opening.sessions),
            notes=exercise.notes,
            before=rotation.check(),
        )
        if not outcome.before.ok:
            return outcome
        if request.in_step:
            self.say(Poised())
            self.go_given.wait()

        def begin(phase: Phase) -> None:
            rotation.spoil()
            self._begin(phase)

        stopwatch = Stopwatch(rotation.run, request.rules, begin, self._notify, self.stop_asked.is_set, perf_counter)
        timing = stopwatch.measure(exercise.cold_s or first_s)
        self._begin(Phase.VERIFY)
        after = rotation.check()
        if after.ok:
            self._shelf.confirm()
        return msgspec.structs.replace(outcome, after=after, timing=timing)

    def _prepare(self, request: Request, stack: ExitStack) -> tuple[Exercise | Survey, Opening]:
        """Load the graph and make its operands."""
        self.stop_asked.clear()
        self.go_given.clear()
        self._begin(Phase.SETUP)
        self._shelf.make_room(request)
        graph = read_graph(request.variant)
        if request.provider is Provider.CUDA:
            load_cuda()
        if request.variant.needs_cudnn:
            load_cudnn()
        opening = Opening(graph, request, self._shelf)
        task = Task(
            request.kernel,
            request.variant,
            request.seed,
            request.default_seed,
            request.memory_limit_bytes,
            request.rules.setup_cap_s,
            folder=Path(request.folder) if request.folder is not None else None,
            open_card=lambda: CudaCard(stack),
            stack=stack,
        )
        exercise = FAMILIES[request.kernel.family](task, opening)
        self.say(Prepared(exercise.shape))
        return exercise, opening

    def _exert(self, ask: Exert, stack: ExitStack) -> Exerted:
        """Keep the device at work until told to stop, or until a result is wrong."""
        exercise, _ = self._prepare(ask.request, stack)
        if isinstance(exercise, Survey):
            raise RefusedError(Cause.PLACEMENT, f"{ask.request.kernel.id} cannot be kept at")
        self._begin(Phase.SUSTAINED)
        return Exertion(Rotation(exercise), len(exercise.bindings), ask, self.say, self.stop_asked).run()

    def _survey(self, survey: Survey, request: Request, setup_s: float) -> Outcome:
        """Go through it once; the certified phase is when that happens, so that it is watched."""
        self._begin(Phase.SUSTAINED if request.rules.sustained else Phase.BURST)
        found = survey.examine(_Telling(self))
        self._begin(Phase.VERIFY)
        return Outcome(
            shape=survey.shape,
            setup_s=setup_s,
            placed_nodes=0,
            placement_read=False,
            notes=survey.notes,
            before=Check("patterns", ok=found.wrong is None, error=None),
            surveyed=found,
        )

    def _begin(self, phase: Phase) -> None:
        self.say(Begun(phase))

    def _notify(self, notice: Notice) -> None:
        self.say(Noticed(notice))


class _Telling:
    """Says how a survey goes, at most four times a second."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._told_at = perf_counter()

    def done(self, count: int, total: int) -> None:
        """So many of so many bytes are done."""
        now = perf_counter()
        if now - self._told_at >= _TELL_EVERY_S:
            self._told_at = now
            self._worker.say(Surveying(count, total))

    def is_asked_to_stop(self) -> bool:
        """Whether to end early."""
        return self._worker.stop_asked.is_set()


def _refusal_of(error: Exception) -> Refusal:
    text = str(error).strip().splitlines()
    detail = text[0] if text else type(error).__name__
    lowered = detail.lower()
    if any(words in lowered for words in _OUT_OF_MEMORY):
        return Refusal(Cause.MEMORY, detail)
    if "fallback to cpu ep has been explicitly disabled" in lowered:
        return Refusal(Cause.PLACEMENT, "a node would have been placed on the CPU")
    return Refusal(Cause.CRASH, f"{type(error).__name__}: {detail}")
