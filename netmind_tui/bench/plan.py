"""What a run will do before it does it: which kernel on which device, how long, with how much memory, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from netmind_tui.bench.timing import RSD_LIMIT_CPU, RSD_LIMIT_GPU, Rules
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.host import Host
from netmind_tui.model.kernel import Catalog, Kernel, Provider, Suite, Variant, Window
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.quantity import gibibytes

WORKER_START_S = 0.7
_OPERANDS_BYTES_PER_S = 0.4e9
_VERIFY_BYTES_PER_S = 0.25e9
_KEEP_FREE_BYTES = 512 * 2**20
_KEEP_FREE_SHARE = 0.05
_GROWING_SHARE = 8
_HOST_SHARE = 4


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
    a suite.
    """

    kernel: Kernel
    variant: Variant | None
    target: Target
    rules: Rules
    threads: int
    memory_limit_bytes: int
    expected_s: float
    memory_bytes: int
    refused: Because | None = None
    is_named: bool = False

    @property
    def is_tried(self) -> bool:
        """Whether a worker will be asked."""
        return self.refused is None and self.variant is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps in the order in which they run, device by device."""

    suite: Suite
    seed: int
    default_seed: int
    steps: tuple[Step, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all will be tried."""
        return not any(step.is_tried for step in self.steps)

    @property
    def expected_s(self) -> float:
        """Seconds that the whole run should take."""
        tried = [step for step in self.steps if step.is_tried]
        workers = len({step.target.device.id for step in tried})
        return workers * WORKER_START_S + sum(step.expected_s for step in tried)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The kernels to measure and the suite whose times hold; ``named`` are the ids that were asked for in full."""

    suite: Suite
    kernels: tuple[Kernel, ...]
    named: frozenset[str] = frozenset()


def choose(catalog: Catalog, suite_name: str, patterns: Sequence[str]) -> Choice:
    """The suite's kernels, or every catalogued kernel that one of the patterns (``gemm.*``) names.

    Raises:
        Problem: there is no such suite, or a pattern names no kernel; the nearest names are offered.
    """
    suites = {suite.name: suite for suite in catalog.suites}
    suite_name = suite_name.lower()
    if suite_name not in suites:
        raise Problem(f"--suite {suite_name}: no such suite; {nearest(suite_name, list(suites))}", ExitCode.USAGE)
    suite = suites[suite_name]
    if not patterns:
        kernels = tuple(catalog.kernel(kernel_id) for kernel_id in suite.kernels)
        return Choice(suite=suite, kernels=kernels)
    known = [kernel.id for kernel in catalog.kernels]
    chosen: set[str] = set()
    for pattern in patterns:
        matching = {kernel_id for kernel_id in known if fnmatchcase(kernel_id, pattern.lower())}
        if not matching:
            raise Problem(f"--kernel {pattern}: no such kernel; {nearest(pattern, known)}", ExitCode.USAGE)
        chosen |= matching
    kernels = tuple(kernel for kernel in catalog.kernels if kernel.id in chosen)
    named = frozenset(pattern.lower() for pattern in patterns) & set(known)
    return Choice(suite=suite, kernels=kernels, named=named)


def make_plan(choice: Choice, targets: Sequence[Target], *, seed: int, default_seed: int, resources: Resources) -> Plan:
    """Lay out every kernel on every device; whatever cannot run is in the plan with its reason."""
    steps = tuple(_step(kernel, choice, target, resources) for target in targets for kernel in choice.kernels)
    return Plan(suite=choice.suite, seed=seed, default_seed=default_seed, steps=steps)


def threads_for(host: Host) -> int:
    """One thread a physical core that this process may use: a second thread on a core shares its arithmetic units."""
    cores = host.cpu.physical_cores or host.cpu.logical_cores
    return max(1, min(cores, int(host.cpu.usable_cores)))


def _step(kernel: Kernel, choice: Choice, target: Target, resources: Resources) -> Step:
    variant = kernel.variant_for(target.provider, target.device.memory_total_bytes or 0)
    limit = _memory_limit(kernel, target, resources.memory_free_bytes)
    needed = variant.memory_bytes(variant.shape) if variant else 0
    taken = limit if kernel.grows else needed
    rules = _rules(kernel, choice.suite, target)
    return Step(
        kernel=kernel,
        variant=variant,
        target=target,
        rules=rules,
        threads=resources.threads,
        memory_limit_bytes=limit,
        expected_s=_expected_s(rules, taken),
        memory_bytes=taken,
        refused=target.refused or _refusal(kernel, variant, target, limit, resources),
        is_named=kernel.id in choice.named,
    )


def _refusal(
    kernel: Kernel, variant: Variant | None, target: Target, limit: int, resources: Resources
) -> Because | None:
    if variant is None:
        return Because(
            Reason.NOT_PLACEABLE, f"{kernel.id} has no form that the {target.provider} provider runs natively"
        )
    needs = [(variant.memory_bytes(variant.shape), limit, target.device.id)]
    if target.provider is not Provider.CPU:
        needs.append((variant.host_memory_bytes(variant.shape), _takeable(resources.memory_free_bytes), "the host"))
    for needed, allowed, where in needs:
        if needed > allowed:
            detail = f"{kernel.id} needs {gibibytes(needed)}; {gibibytes(allowed)} may be taken on {where}"
            return Because(Reason.NOT_ENOUGH_MEMORY, detail)
    return None


def _takeable(free: int) -> int:
    """What may be taken of free memory: never the last 512 MiB or 5 %."""
    return max(0, free - max(_KEEP_FREE_BYTES, int(_KEEP_FREE_SHARE * free)))


def _memory_limit(kernel: Kernel, target: Target, host_free: int) -> int:
    """What a kernel may take on the device; a growing one an eighth of what is free, and what its host can hold."""
    limit = _takeable(target.memory_free_bytes)
    if kernel.grows:
        limit = min(limit, target.memory_free_bytes // _GROWING_SHARE, host_free // _HOST_SHARE)
    return limit


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


def _expected_s(rules: Rules, memory_bytes: int) -> float:
    """Set-up and checks by the bytes they touch, half the warm-up, and windows midway between least and most."""
    setup = min(memory_bytes / _OPERANDS_BYTES_PER_S, rules.setup_cap_s)
    checks = min(2 * memory_bytes / _VERIFY_BYTES_PER_S, rules.setup_cap_s)
    windows = [rules.burst, *([rules.sustained] if rules.sustained else [])]
    return setup + checks + rules.warm_up_cap_s / 2 + sum((w.min_s + w.cap_s) / 2 for w in windows)


def memory_refusal(free_bytes: int, total_bytes: int) -> Because | None:
    """Refuse to load a machine that has nearly no memory left: below 1 GiB or a tenth."""
    least = max(2**30, total_bytes // 10)
    if free_bytes >= least:
        return None
    return Because(
        Reason.UNSAFE,
        f"only {gibibytes(free_bytes)} of memory are free, {gibibytes(least)} are required; close programs, or --force",
    )
