"""The workload that needs no network: a matrix product of the catalogue, kept at for a share of the time and checked.

With it a schedule, its guards and what is metered can be tried. The work itself is done by workers of the benchmark,
one a device. It holds no device's lock: whoever measures a device has the agent's work on it drained first and locks
it then, which a workload with the lock in its hands would keep from ever happening.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.child import WorkerChild, WorkerGoneError
from netmind_tui.bench.permit import takeable
from netmind_tui.bench.plan import threads_for
from netmind_tui.bench.protocol import Cause, Event, Exert, Exerted, Refusal, Request
from netmind_tui.bench.timing import Rules
from netmind_tui.model.device import Device
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Catalog, Kernel, Provider, Variant, Window
from netmind_tui.model.problem import Problem
from netmind_tui.model.quantity import gibibytes, quantity
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import available_memory_bytes, cpu_device, read_host

KERNELS = ("gemm.int8", "gemm.fp32")
"""What it can run; the first is the default, because its results are exact on every device."""
TELL_S, CHECK_S = 10.0, 60.0

_SILENCE_S = 300.0
_POLL_S = 0.2
_HELD_UP_S = 1.0
_SIGNAL_S = 0.3
_BESIDE_BYTES = 768 << 20
"""What a process holds on a card besides its operands: the context, and the libraries' own workspace."""
_RULES = Rules(
    setup_cap_s=1.5, sample_s=0.05, warm_up_cap_s=0.0, burst=Window(min_s=0.0, cap_s=0.0), sustained=None, rsd_limit=1.0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to do: which kernel, for how much of the time in per cent, and for how long; for ever unless given."""

    kernel: str = KERNELS[0]
    load_pct: float = 50.0
    for_s: float | None = None
    tell_s: float = TELL_S
    check_s: float = CHECK_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A device to work on; ``card`` is what CUDA knows it by."""

    device: str
    card: str | None = None

    @property
    def provider(self) -> Provider:
        """The provider that works there."""
        return Provider.CPU if self.card is None else Provider.CUDA


def assigned(environment: Mapping[str, str]) -> tuple[Assigned, ...]:
    """The devices that this process was given; the CPU where it was given none.

    Raises:
        Problem: a GPU was named, and no card is visible.
    """
    names = environment.get("NETMIND_DEVICES", "").replace(",", " ").split()
    cards = [each.strip() for each in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if each.strip()]
    gpus = [name for name in names if name != "cpu"]
    if gpus and not cards:
        words = f"NETMIND_DEVICES names {' '.join(gpus)}, and CUDA_VISIBLE_DEVICES no card"
        raise Problem(words, ExitCode.UNMEASURED)
    called = gpus if len(gpus) == len(cards) else cards
    found = [Assigned(device=name, card=card) for name, card in zip(called, cards, strict=True)]
    return (*found, *([Assigned(device="cpu")] if "cpu" in names or not cards else []))


class SelfTest:
    """Keeps devices at work.

    Args:
        wish: what to do.
        environment: which devices it was given, and how much of their memory.
        tell: is given a line now and then.
    """

    def __init__(self, wish: Wish, environment: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self._wish = wish
        self._tell = tell
        self._catalog = open_catalog()
        self._kernel = self._catalog.kernel(wish.kernel)
        share = _share(environment)
        threads = _threads(environment)
        self._lanes = [
            _Lane(each, self._ask(each, share, threads), self._kernel, tell) for each in assigned(environment)
        ]

    def run(self) -> None:
        """Work until the time is over; whatever ends this ends the workers.

        Raises:
            Problem: a result is wrong, a worker ended, or a device cannot do it.
        """
        left: Sequence[_Lane] = self._lanes
        try:
            for lane in self._lanes:
                lane.begin()
            while left:
                for lane in left:
                    lane.hear(_POLL_S / len(left))
                left = [lane for lane in left if not lane.is_over]
        finally:
            for lane in self._lanes:
                lane.end()

    def _ask(self, where: Assigned, share: float, threads: int) -> Exert:
        """What its worker is asked.

        Raises:
            Problem: no form of the kernel fits into the memory that it may take.
        """
        if where.card is None:
            device, free = cpu_device(read_host()), available_memory_bytes()
        else:
            device, free = _read_card(where.card)
        total = device.memory_total_bytes or 0
        limit = takeable(free)
        if where.card is not None:
            limit = min(limit, int(total * share / 100)) - _BESIDE_BYTES
        variant = _largest(self._kernel, where.provider, total, limit)
        if variant is None:
            words = f"{where.device} may be given {gibibytes(max(0, limit))} of memory for {self._kernel.id}"
            raise Problem(f"{words}, which is not enough: raise gpu_memory_share_pct", ExitCode.UNMEASURED)
        return Exert(
            request=_request(self._catalog, self._kernel, variant, threads=threads, limit=limit),
            load_pct=self._wish.load_pct,
            for_s=self._wish.for_s,
            tell_s=self._wish.tell_s,
            check_s=self._wish.check_s,
        )


class _Lane:
    """One device and its worker."""

    def __init__(self, where: Assigned, ask: Exert, kernel: Kernel, tell: Callable[[str], None]) -> None:
        self._where = where
        self._ask = ask
        self._kernel = kernel
        self._tell = tell
        self._child: WorkerChild | None = None
        self._listened_at = self._heard_at = time.monotonic()
        self.is_over = False

    def begin(self) -> None:
        """Start the worker."""
        visible = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": self._where.card or ""}
        try:
            self._child = WorkerChild(self._where.provider, visible)
            self._child.ask(self._ask)
        except OSError as error:
            words = f"cannot start a worker: {(error.strerror or str(error)).lower()}"
            raise Problem(words, ExitCode.UNMEASURED) from error
        except WorkerGoneError as error:
            raise self._gone(str(error)) from error
        load = f"{self._ask.load_pct:g} % of the time"
        self._tell(f"{self._where.device}: {self._kernel.id}, {load}, {_size(self._ask.request.variant)}")

    def hear(self, within_s: float) -> None:
        """Take the next event, if one comes in time.

        Raises:
            Problem: it was the last for this device, and not a good one.
        """
        if self._child is None:
            return
        try:
            event = self._child.next_event(within_s)
        except WorkerGoneError as error:
            raise self._gone(str(error)) from error
        self._heed(event, within_s)
        if isinstance(event, Refusal):
            code = ExitCode.CRASHED if event.cause is Cause.CRASH else ExitCode.UNMEASURED
            raise Problem(f"{self._where.device} cannot run {self._kernel.id}: {event.detail}", code)
        if isinstance(event, Exerted):
            self._take(event)

    def end(self) -> None:
        """End the worker, whatever it does."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def _take(self, done: Exerted) -> None:
        if done.iterations:
            work = self._kernel.work_per_iteration(self._ask.request.variant.shape)
            rate = quantity(work * done.iterations / done.busy_s, self._kernel.unit)
            load = f"{100 * done.busy_s / done.elapsed_s:.0f} % of {done.elapsed_s:.1f} s"
            checked = f", {done.checks} checked and right" if done.checks else ""
            self._tell(f"{self._where.device}: {rate} in {load}, {done.iterations} products{checked}")
        if done.wrong is not None:
            words = f"{self._where.device}: a result of {self._kernel.id} is wrong ({done.wrong.method})"
            raise Problem(words, ExitCode.FAILED)
        self.is_over = done.is_last

    def _heed(self, event: Event | None, within_s: float) -> None:
        """Give up on a worker that is silent; time in which this process itself stood still is not its silence."""
        now = time.monotonic()
        if event is not None or now - self._listened_at > within_s + _HELD_UP_S:
            self._heard_at = now
        self._listened_at = now
        if now - self._heard_at > _SILENCE_S:
            words = f"the worker on {self._where.device} said nothing for {_SILENCE_S:g} s and was ended"
            raise Problem(words, ExitCode.CRASHED)

    def _gone(self, how: str) -> Problem:
        # Whoever ends a whole group ends the worker first, at times: then this process is about to be told.
        time.sleep(_SIGNAL_S)
        return Problem(f"{self._where.device}: {how}", ExitCode.CRASHED)


def _request(catalog: Catalog, kernel: Kernel, variant: Variant, *, threads: int, limit: int) -> Request:
    return Request(
        kernel=kernel,
        variant=variant,
        provider=variant.provider,
        seed=catalog.default_seed,
        default_seed=catalog.default_seed,
        rules=_RULES,
        threads=threads,
        memory_limit_bytes=limit,
        rests=True,
    )


def _largest(kernel: Kernel, provider: Provider, total: int, limit: int) -> Variant | None:
    """The largest form that fits into what may be taken."""
    host = takeable(available_memory_bytes())
    fitting = [
        each
        for each in kernel.variants
        if each.provider is provider
        and each.device_memory_min_bytes <= total
        and each.memory_bytes(each.shape) <= limit
        and each.host_memory_bytes(each.shape) <= host
    ]
    return max(fitting, key=lambda each: each.device_memory_min_bytes, default=None)


def _read_card(card: str) -> tuple[Device, int]:
    """A card by what CUDA calls it, and how many bytes of it are free.

    Raises:
        Problem: it is not there, or does not say how much memory it has.
    """
    with GpuProbe(wake=True) as probe:
        found = [
            each
            for each in probe.devices()
            if (each.uuid or "").startswith(card) or each.id.removeprefix("gpu:") == card
        ]
        if not found:
            problem = probe.driver().problem
            why = f" ({problem})" if problem else ""
            raise Problem(f"CUDA_VISIBLE_DEVICES names {card}, which is not there{why}", ExitCode.UNMEASURED)
        device = found[0]
        if device.lost is not None or device.memory_total_bytes is None:
            why = device.lost or "does not say how much memory it has"
            raise Problem(f"{device.id} {why}", ExitCode.UNMEASURED)
        own = next((each for each in probe.sample() if each.device == device.id), None)
        return device, device.memory_total_bytes - ((own.memory_used_bytes if own else None) or 0)


def _share(environment: Mapping[str, str]) -> float:
    """The part of a card's memory that may be taken, in per cent."""
    given = environment.get("NETMIND_GPU_MEMORY_SHARE_PCT", "")
    try:
        share = float(given or 100)
    except ValueError:
        share = 0.0
    if not 0 < share <= 100:  # noqa: PLR2004 - per cent
        words = f"NETMIND_GPU_MEMORY_SHARE_PCT: expected a number from 1 to 100, found {given!r}"
        raise Problem(words, ExitCode.USAGE)
    return share


def _threads(environment: Mapping[str, str]) -> int:
    """As many as there are processors to use, and no more than whoever started this suggests."""
    given = environment.get("OMP_NUM_THREADS", "")
    most = threads_for(read_host())
    return max(1, min(most, int(given))) if given.isdecimal() else most


def _size(variant: Variant) -> str:
    return " × ".join(str(variant.shape[name]) for name in ("m", "k", "n"))
