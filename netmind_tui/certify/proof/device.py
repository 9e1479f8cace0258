"""Proves with real devices: a worker process for each, all at work at once, and one tree over their rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from netmind_tui.bench.child import WorkerChild, WorkerGoneError
from netmind_tui.bench.protocol import (
    Ask,
    ChainReady,
    Committed,
    Event,
    Opened,
    OpenRows,
    PrepareChain,
    ProveChain,
    Refusal,
    Surveying,
)
from netmind_tui.bench.warden import Warden
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.merkle import top_of
from netmind_tui.model.problem import Problem

_SILENCE_S = 120.0
_POLL_S = 0.2
E = TypeVar("E", ChainReady, Committed, Opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingDevice:
    """One device that proves. ``word`` stands in each of its leaves; ``uuid`` makes a GPU visible to its worker."""

    word: str
    device: str
    provider: Provider
    uuid: str | None
    threads: int
    memory_limit_bytes: int


class DeviceProver:
    """Proves a chain with devices of one provider.

    ``tell`` hears how far the slowest device is, from 0 to 1; raising there ends the proof. So does
    ``warden``, who spares the devices.
    """

    def __init__(
        self,
        spec: ChainSpec,
        node_key: str,
        devices: Sequence[ProvingDevice],
        *,
        tell: Callable[[float], None] = lambda _part: None,
        warden: Warden | None = None,
        silence_s: float = _SILENCE_S,
    ) -> None:
        self._node_key = node_key
        self._proving = tuple(devices)
        self._tell = tell
        self._warden = warden
        self._silence_s = silence_s
        self._children: list[WorkerChild] = []
        self._roots: list[bytes] = []
        self.spec = spec
        self.devices = tuple(each.word for each in devices)

    def prepare(self, nonce1: bytes) -> None:
        """Make the matrices and sessions on every device, and have each show that its bytes are right.

        Raises:
            Problem: a device cannot prove this chain.
        """
        if not self._children:
            for each in self._proving:
                self._children.append(_start(each))
        asks: list[Ask] = []
        for each in self._proving:
            graph = self.spec.graph_for(each.provider)
            if graph is None:
                words = f"{self.spec.name} has no form for {each.device}"
                raise Problem(words, ExitCode.UNMEASURED)
            asks.append(
                PrepareChain(
                    spec=self.spec,
                    graph=graph,
                    node_key=self._node_key,
                    device=each.word,
                    nonce=nonce1,
                    threads=each.threads,
                    memory_limit_bytes=each.memory_limit_bytes,
                )
            )
        self._ask_all(asks, ChainReady)

    def prove(self, nonce2: bytes) -> bytes:
        """Compute every row; the root over them.

        Raises:
            Problem: a device failed.
        """
        committed = self._ask_all([ProveChain(nonce=nonce2)] * len(self._children), Committed)
        self._roots = [each.root for each in committed]
        return top_of(self._roots).root

    def open(self, indices: Sequence[int]) -> tuple[Opening, ...]:
        """The rows of those numbers with their paths, in that order.

        Raises:
            Problem: a device failed, or gives other bytes than it committed to.
        """
        rows = self.spec.rows
        wanted = [tuple(i % rows for i in indices if i // rows == place) for place in range(len(self.devices))]
        answers = self._ask_all([OpenRows(indices=each) for each in wanted], Opened)
        top = top_of(self._roots)
        found = {
            place * rows + row.index: Opening(place * rows + row.index, row.row, (*row.path, *top.path(place)))
            for place, answer in enumerate(answers)
            for row in answer.rows
        }
        return tuple(found[index] for index in indices)

    def close(self) -> None:
        """End the workers."""
        children, self._children = self._children, []
        for child in children:
            child.kill()
        if self._warden is not None:
            self._warden.close()

    def _ask_all(self, asks: Iterable[Ask], kind: type[E]) -> list[E]:
        """Ask every worker, and wait until all have answered."""
        done = [0.0] * len(self._children)
        answers: dict[int, E] = {}
        try:
            for child, ask in zip(self._children, asks, strict=True):
                child.ask(ask)
            heard_at = [monotonic()] * len(self._children)
            while len(answers) < len(self._children):
                for place, child in enumerate(self._children):
                    if place in answers:
                        continue
                    event = child.next_event(_POLL_S / len(self._children))
                    heard_at[place] = self._heed(place, event, heard_at[place])
                    if isinstance(event, kind):
                        answers[place] = event
                        done[place] = 1.0
                    elif isinstance(event, Surveying):
                        done[place] = event.done_bytes / event.total_bytes
                if self._warden is not None:
                    self._warden.look()
                self._tell(min(done))
        except WorkerGoneError as error:
            raise Problem(f"the proof was not made: {error}", ExitCode.CRASHED) from error
        return [answers[place] for place in range(len(self._children))]

    def _heed(self, place: int, event: Event | None, heard_at: float) -> float:
        """When this device was last heard.

        Raises:
            Problem: it refuses, or has been silent for too long.
        """
        device = self._proving[place].device
        if isinstance(event, Refusal):
            raise Problem(f"{device} cannot prove {self.spec.name}: {event.detail}", ExitCode.UNMEASURED)
        if event is not None:
            return monotonic()
        if monotonic() - heard_at > self._silence_s:
            words = f"{device} said nothing for {self._silence_s:g} s while it proved {self.spec.name}"
            raise Problem(f"{words}, and was ended", ExitCode.CRASHED)
        return heard_at


def _start(device: ProvingDevice) -> WorkerChild:
    environment = {}
    if device.provider is Provider.CUDA and device.uuid is not None:
        environment = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": device.uuid}
    try:
        return WorkerChild(device.provider, environment)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"cannot start a worker for {device.device}: {cause}", ExitCode.UNMEASURED) from error
