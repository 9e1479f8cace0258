"""What has to be measured so that requirements can be judged: the suite, the devices, and who asks for so much."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netmind_tui.certify.kernels import kernel_of
from netmind_tui.certify.metric import Metric, Origin, Scope, find_metric
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Catalog, Phase, Suite
from netmind_tui.model.measurement import Run
from netmind_tui.model.requirement import Requirement, Requirements

LEAST = "preflight"
WITHOUT = "quick"
"""The suite where nothing says which: every kernel for a moment."""

_LIKE = "the baseline was measured so"
_THOROUGH = ("quick", "standard", "sustained")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The least suite that shows everything, and the sentence why it is more than ``preflight``.

    ``devices`` are names of devices, none where every device is concerned; ``health`` whether a diagnosis is needed.
    ``kernels`` are all that has to be measured, the suite's unless given; ``versions`` those that an older version of
    a kernel is asked of (``gemm.fp16@1``).
    """

    suite: str
    because: str | None
    devices: tuple[str, ...]
    health: bool
    kernels: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def need_of(requirements: Requirements, catalog: Catalog) -> Need:
    """What these requirements need."""
    suites = {suite.name: suite for suite in catalog.suites}
    order = [LEAST, *(name for name in _THOROUGH if name in suites)]
    suite, because = LEAST, None
    for each in requirements.requirements:
        metric = _metric(each)
        least, why = _suite_for(each, metric, suites)
        if order.index(least) > order.index(suite):
            suite, because = least, f"{each.id} asks for {each.metric}{why}, which {least} is the first suite to show"
    return Need(
        suite=suite,
        because=because,
        devices=_concerned(requirements.requirements),
        health=any(_metric(each).origin is Origin.HEALTH for each in requirements.requirements),
        versions=tuple(
            dict.fromkeys(
                f"{each.argument}@{each.version}"
                for each in requirements.requirements
                if each.version is not None and _metric(each).origin is Origin.KERNEL
            )
        ),
    )


def need_of_baseline(base: Sequence[Run], catalog: Catalog, need: Need | None = None) -> Need:
    """What a run needs so that it can be held against earlier ones, beside what requirements need.

    Without requirements it is just what was measured in the newest of them, in the same versions where the catalogue
    still has these; without any run it is suite ``quick``.
    """
    if not base:
        return need or Need(suite=WITHOUT, because=None, devices=(), health=False)
    newest = base[-1]
    suites = {suite.name: suite for suite in catalog.suites}
    order = [LEAST, *(name for name in _THOROUGH if name in suites)]
    wanted = newest.suite if newest.suite in order else WITHOUT
    measured = {m.kernel: m.kernel_version for m in newest.measurements if m.status is not Status.SKIP}
    runnable = {name: version for name, version in measured.items() if kernel_of(catalog, name, version)}
    devices = tuple(device.id for device in newest.devices)
    if need is None:
        if _of_suite(suites[wanted], newest) <= {m.kernel for m in newest.measurements}:
            versions = tuple(f"{name}@{version}" for name, version in runnable.items())
            return Need(suite=wanted, because=_LIKE, devices=devices, health=False, versions=versions)
        known = {kernel.id for kernel in catalog.kernels}
        kernels = tuple(f"{name}@{measured[name]}" if name in runnable else name for name in measured if name in known)
        return Need(suite=wanted, because=_LIKE, devices=devices, health=False, kernels=kernels)
    asked = {name.partition("@")[0] for name in need.versions}
    more = order.index(wanted) > order.index(need.suite)
    return replace(
        need,
        suite=wanted if more else need.suite,
        because=_LIKE if more else need.because,
        devices=tuple(dict.fromkeys((*need.devices, *devices))) if need.devices else (),
        versions=(*need.versions, *(f"{name}@{version}" for name, version in runnable.items() if name not in asked)),
    )


def _of_suite(suite: Suite, run: Run) -> set[str]:
    """The kernels that a run of the whole suite has on those devices."""
    has_cpu = any(device.kind is DeviceKind.CPU for device in run.devices)
    return set(suite.kernels) - (set() if has_cpu else set(suite.left_out_on_gpus))


def _suite_for(requirement: Requirement, metric: Metric, suites: dict[str, Suite]) -> tuple[str, str]:
    """The least suite for a requirement, and what of it asks for so much."""
    if metric.suite not in suites:
        return LEAST, ""
    if metric.origin is not Origin.KERNEL or requirement.argument is None:
        return metric.suite, ""
    sustained = requirement.phase is Phase.SUSTAINED
    concerns_gpus = requirement.devices is not None and requirement.devices.names.startswith(("gpu", "mig"))
    for name in _THOROUGH[_THOROUGH.index(metric.suite) :]:
        suite = suites.get(name)
        if suite is None or requirement.argument not in suite.kernels or (sustained and suite.sustained is None):
            continue
        if concerns_gpus and requirement.argument in suite.left_out_on_gpus:
            continue
        return name, " sustained" if sustained else ""
    return metric.suite, ""


def _concerned(requirements: Sequence[Requirement]) -> tuple[str, ...]:
    """The devices that the requirements are about; all where only the machine's health is asked for."""
    names: dict[str, None] = {}
    for each in requirements:
        if each.devices is not None:
            names[each.devices.names] = None
        elif _metric(each).scope is Scope.MACHINE and ("gpu" in each.metric or each.metric.startswith("driver.")):
            names["gpu"] = None
    if not names and any(_metric(each).origin is Origin.HEALTH for each in requirements):
        return ()
    return tuple(names) or ("cpu",)


def _metric(requirement: Requirement) -> Metric:
    found = find_metric(requirement.metric)
    assert found is not None  # noqa: S101 - a document with another one was refused
    return found[0]
