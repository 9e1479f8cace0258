"""What a run will do before it does it: which kernel on which device, how long, with how much memory, and why not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from netmind_tui.bench.choice import Choice
from netmind_tui.bench.expectation import LEAST_SHARE, shortened, timed_s, untimed_s
from netmind_tui.bench.permit import folder_refusal, memory_limit_bytes, refusal, takeable
from netmind_tui.bench.size import sized
from netmind_tui.bench.timing import RSD_LIMIT_CPU, RSD_LIMIT_GPU, Rules
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.host import Host
from netmind_tui.model.kernel import Kernel, Provider, Suite, Variant, Window
from netmind_tui.model.measurement import Because

WORKER_START_S = 0.7
_STEP = 0.05
_ALONE_AT_MOST = 2
"""So many GPUs are measured once more by themselves; what they show of sharing holds for their equals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A device as the plan sees it. ``refused`` is why nothing can be measured on it; then the rest does not matter.

    ``memory_free_bytes`` is what a new process could take there.
    """

    device: Device
    memory_free_bytes: int = 0
    refused: Because | None = None

    @property
    def provider(self) -> Provider:
        """The provider that measures this kind of device."""
        return Provider.CPU if self.device.kind is DeviceKind.CPU else Provider.CUDA


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the host gives to every kernel: threads, and memory, because operands are made there."""

    threads: int
    memory_free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kernel on one device.

    ``refused`` is set where it will not even be tried; ``is_named`` where somebody asked for this kernel and not for
    a suite. ``folder`` is where a kernel that measures a disk makes its file. ``timed_s`` is the part of ``expected_s``
    that warm-up and windows take.
    """

    kernel: Kernel
    variant: Variant | None
    target: Target
    rules: Rules
    threads: int
    memory_limit_bytes: int
    expected_s: float
    memory_bytes: int
    timed_s: float = 0.0
    refused: Because | None = None
    is_named: bool = False
    folder: Path | None = None

    @property
    def is_tried(self) -> bool:
        """Whether a worker will be asked."""
        return self.refused is None and self.variant is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps device by device, and those that are measured once more with the other GPUs at rest.

    The CPU is measured by itself, because it prepares and checks the work of the GPUs; these run at once with
    ``together``, and otherwise in turn.
    """

    suite: Suite
    seed: int
    default_seed: int
    steps: tuple[Step, ...]
    together: bool = False
    alone: tuple[Step, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all will be tried."""
        return not any(step.is_tried for step in self.steps)

    @property
    def lanes(self) -> tuple[tuple[Step, ...], ...]:
        """The steps of each device."""
        return lanes_of(self.steps)

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices on which something will be tried."""
        return tuple(dict.fromkeys(step.target.device.id for step in self.steps if step.is_tried))

    def runs_at_once(self, lane: Sequence[Step]) -> bool:
        """Whether these steps of one device run at the same time as those of others."""
        return self.together and lane[0].target.provider is not Provider.CPU

    @property
    def expected_s(self) -> float:
        """Seconds that the whole run should take."""
        at_once = [_lane_s(lane) for lane in self.lanes if self.runs_at_once(lane)]
        in_turn = [_lane_s(lane) for lane in self.lanes if not self.runs_at_once(lane)]
        return max(at_once, default=0.0) + sum(in_turn) + sum(_lane_s(lane) for lane in lanes_of(self.alone))


def lanes_of(steps: Iterable[Step]) -> tuple[tuple[Step, ...], ...]:
    """The steps of each device, in the order in which the devices come."""
    return tuple(tuple(lane) for _, lane in groupby(steps, key=lambda step: step.target.device.id))


def _lane_s(lane: Sequence[Step]) -> float:
    tried = [step.expected_s for step in lane if step.is_tried]
    return WORKER_START_S + sum(tried) if tried else 0.0


def make_plan(
    choice: Choice,
    targets: Sequence[Target],
    *,
    seed: int,
    default_seed: int,
    resources: Resources,
    together: bool = True,
    known_s: Callable[[Kernel, Device], float | None] = lambda _kernel, _device: None,
) -> Plan:
    """Lay out every kernel on every device; whatever cannot run is in the plan with its reason.

    ``known_s`` are the seconds that a kernel took on such a device before, where that is known.
    """
    gpus = [target for target in targets if target.provider is not Provider.CPU and target.refused is None]
    together = together and len(gpus) > 1
    if together:  # each of them needs operands on the host at the same time
        resources = replace(resources, memory_free_bytes=resources.memory_free_bytes // len(gpus))
    steps = tuple(
        _step(kernel, choice, target, resources) for target in targets for kernel in _kernels(choice, target.provider)
    )
    alone = choice.suite.alone if together else ()
    few = [target.device.id for target in gpus[:_ALONE_AT_MOST]]
    plan = Plan(
        suite=choice.suite,
        seed=seed,
        default_seed=default_seed,
        steps=steps,
        together=together,
        alone=tuple(
            replace(step)
            for step in steps
            if step.is_tried and step.target.device.id in few and step.kernel.id in alone
        ),
    )
    return _with_known(plan if choice.by_pattern else _within_budget(plan), known_s)


def _kernels(choice: Choice, provider: Provider) -> tuple[Kernel, ...]:
    """The kernels for devices of one provider; whatever a pattern chose is kept."""
    if provider is Provider.CPU or choice.by_pattern:
        return choice.kernels
    return tuple(kernel for kernel in choice.kernels if kernel.id not in choice.suite.left_out_on_gpus)


def _within_budget(plan: Plan) -> Plan:
    """The plan with shorter windows where its suite would take longer than it may."""
    budget_s, share, shorter = plan.suite.budget_s, 1.0, plan
    while budget_s is not None and shorter.expected_s > budget_s and share > LEAST_SHARE:
        share = max(LEAST_SHARE, share - _STEP)
        shorter = replace(
            plan,
            steps=tuple(_shorter(step, share) for step in plan.steps),
            alone=tuple(_shorter(step, share) for step in plan.alone),
        )
    return shorter


def _shorter(step: Step, share: float) -> Step:
    saved_s = (1 - share) * step.timed_s
    return replace(
        step,
        rules=shortened(step.rules, share),
        timed_s=step.timed_s - saved_s,
        expected_s=step.expected_s - saved_s,
    )


def _with_known(plan: Plan, known_s: Callable[[Kernel, Device], float | None]) -> Plan:
    """The plan with the times that such steps took before."""

    def known(step: Step) -> Step:
        before_s = known_s(step.kernel, step.target.device)
        return step if before_s is None else replace(step, expected_s=before_s)

    return replace(plan, steps=tuple(map(known, plan.steps)))


def threads_for(host: Host) -> int:
    """One thread a physical core that this process may use: a second thread on a core shares its arithmetic units."""
    cores = host.cpu.physical_cores or host.cpu.logical_cores
    return max(1, min(cores, int(host.cpu.usable_cores)))


def _step(kernel: Kernel, choice: Choice, target: Target, resources: Resources) -> Step:
    device, host_free = target.device, resources.memory_free_bytes
    variant = kernel.variant_for(target.provider, device.memory_total_bytes or 0)
    limit = memory_limit_bytes(kernel, target.memory_free_bytes, host_free)
    if variant is not None:
        variant = sized(
            kernel,
            variant,
            choice.suite,
            memory_share=choice.memory_share,
            total_bytes=device.memory_total_bytes or 0,
            free_bytes=target.memory_free_bytes,
            limit_bytes=limit,
            host_limit_bytes=takeable(host_free),
        )
    needed = variant.memory_bytes(variant.shape) if variant else 0
    taken = limit if kernel.grows else needed
    rules = _rules(kernel, choice.suite, target)
    timed = timed_s(kernel, rules, target.provider)
    return Step(
        kernel=kernel,
        variant=variant,
        target=target,
        rules=rules,
        threads=resources.threads,
        memory_limit_bytes=limit,
        expected_s=untimed_s(kernel, variant, rules, taken) + timed,
        timed_s=timed,
        memory_bytes=taken,
        refused=target.refused
        or refusal(kernel, variant, device, target.provider, limit_bytes=limit, host_free_bytes=host_free)
        or folder_refusal(kernel, variant, choice.disk_folder),
        is_named=kernel.id in choice.named,
        folder=choice.disk_folder if kernel.family == "disk" else None,
    )


def _rules(kernel: Kernel, suite: Suite, target: Target) -> Rules:
    sustained = suite.sustained
    if sustained is not None and kernel.share < 1:
        sustained = Window(min_s=sustained.min_s * kernel.share, cap_s=sustained.cap_s * kernel.share)
    return Rules(
        setup_cap_s=suite.setup_cap_s,
        sample_s=suite.sample_s,
        warm_up_cap_s=suite.warm_up_cap_s,
        burst=suite.burst,
        sustained=sustained,
        rsd_limit=RSD_LIMIT_CPU if target.provider is Provider.CPU else RSD_LIMIT_GPU,
    )
