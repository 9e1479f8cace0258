"""Whether the figures of a result can be true at all: they agree with their own samples, times and peaks.

An owner who edits one figure and forgets another is caught here; one who computes all of them anew is not.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from math import fsum, isclose
from statistics import median

from netmind_tui.bench.peak import PLAUSIBLE, peak_of
from netmind_tui.bench.statistics import OUTLIER_SCORE, quantile, relative_deviation
from netmind_tui.certify.kernels import kernel_of, variants_of
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.refused import Refused
from netmind_tui.model.certificate import Certificate
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status, worst
from netmind_tui.model.host import Cpu, Host
from netmind_tui.model.kernel import Catalog, Kernel, Phase, Provider
from netmind_tui.model.measurement import Measurement, Peak, Reason
from netmind_tui.model.result import Result, ResultDevice

_SAME = 1e-9
_LEAST, _MOST = 1e-12, 2.0**53
_FEWEST_FOR_AN_INTERVAL = 3
_SLACK = timedelta(seconds=2)
# Between samples a worker reads clocks and reports: they fill 97 to 99.9 % of the window, and 70 % were seen once.
_FILLED = 0.5
_SLOWED = ("hw_thermal_ns", "hw_power_brake_ns", "sw_thermal_ns", "cpu_thermal_events")


def check(certificate: Certificate, result: Result, catalog: Catalog) -> str:
    """What held, in words. The figures of the certificate are known to be the result's.

    Raises:
        Refused: a figure cannot be true.
    """
    rows = {(row.device, row.kernel): row for row in result.measurements}
    devices = {device.device: device for device in result.devices}
    for claim in certificate.claims:
        row, device = rows[claim.device, claim.kernel], devices.get(claim.device)
        where = f"{claim.kernel} on {claim.device}"
        if device is None:
            raise Refused("plausibility", f"{where}: the result document has no such device")
        kernel = kernel_of(catalog, row.kernel, row.kernel_version)
        # One after the other: what is asked later may stand on what was found before.
        for sentence in chain(_of_row(row), _of_time(row), _of_kernel(row, kernel, device, result) if kernel else ()):
            raise Refused("plausibility", f"{where}: {sentence}")
    _check_run(result)
    return "statistics, times and work agree with the samples; no calibrated peak is exceeded"


def _of_row(row: Measurement) -> Iterator[str]:
    """What a row says of itself; the first sentence counts, so each may stand on those before it."""
    value, samples = row.value, row.samples
    if value is None or not _LEAST < value < _MOST or not all(_LEAST < each < _MOST for each in samples):
        yield "a rate of it is no rate that a machine has"
        return
    if not samples or row.n != len(samples):
        yield f"n is {row.n}, and there are {len(samples)} samples"
        return
    middle, ordered = median(samples), sorted(samples)
    if not isclose(value, middle, rel_tol=_SAME):
        yield f"its value {value:g} is not {middle:g}, the median of its samples"
        return
    mad = median(abs(each - middle) for each in samples)
    far = sum(mad > 0 and abs(each - middle) > OUTLIER_SCORE * mad for each in samples)
    recomputed = {
        "mad": mad,
        "cv": relative_deviation(samples),
        "p5": quantile(ordered, 0.05),
        "p95": quantile(ordered, 0.95),
        "outliers": far,
    }
    for name, expected in recomputed.items():
        if not _same(getattr(row, name), expected, of={"cv": 1.0, "outliers": 0.0}.get(name, middle)):
            yield f"{name} is {getattr(row, name)}, and its samples give {expected}"
    if (row.ci95 is None) != (row.n < _FEWEST_FOR_AN_INTERVAL):
        yield f"{row.n} samples give {'an' if row.ci95 is None else 'no'} interval"
    if row.ci95 is not None and not ordered[0] <= row.ci95[0] <= value <= row.ci95[1] <= ordered[-1]:
        yield "its interval does not hold its value, or goes beyond its samples"
    yield from _of_check(row)


def _of_check(row: Measurement) -> Iterator[str]:
    """Whether the row's result was checked, and nothing slowed the device down."""
    verified = row.verified
    if verified is None or not verified.before or verified.after is False:
        yield "its result was not verified"
    elif any(
        each is not None and not 0 <= each <= verified.tolerance for each in (verified.error, verified.error_before)
    ):
        yield f"its error {verified.error} is not within the tolerance {verified.tolerance}"
    if row.throttle is not None and any(getattr(row.throttle, name) for name in _SLOWED):
        yield f"its status is {row.status}, and it was slowed down"
    peak = row.peak.value if row.peak else None
    if row.value is not None and peak and row.efficiency is not None:
        if not _same(row.efficiency, row.value / peak, of=1.0):
            yield f"its efficiency is {row.efficiency:g}, and its value is {row.value / peak:g} of its peak"
    elif row.efficiency is not None:
        yield "it has an efficiency and no peak"
    if row.peak is not None:
        yield from _beyond(row, row.peak, "its own")


def _of_time(row: Measurement) -> Iterator[str]:
    """Whether the times of a row are times."""
    timed = row.timed
    if timed is None:
        yield "it does not say how long it was timed"
        return
    if min(timed.setup_s, timed.cold_s, timed.warm_up_s, timed.window_s) < 0 or timed.iterations_per_sample < 1:
        yield "a time of it is negative, or its samples hold no iteration"
    if row.phase not in (Phase.BURST, Phase.SUSTAINED):
        yield f"phase {row.phase} is not one that certifies"


def _of_kernel(row: Measurement, kernel: Kernel, device: ResultDevice, result: Result) -> Iterator[str]:
    """Whether a row is what the catalogue's kernel gives on such a device."""
    kinds = {kind.value: kind for kind in DeviceKind}
    if device.kind not in kinds:
        yield f"{device.kind!r} is no kind of device"
        return
    expected = Provider.CPU if device.kind == DeviceKind.CPU else Provider.CUDA
    if row.provider is not expected or (row.placement is not None and row.placement.provider is not expected):
        yield f"a device of kind {device.kind} runs on provider {expected}, not on {row.provider}"
        return
    if not _is_shape(row, kernel):
        shown = ", ".join(f"{name} {size}" for name, size in row.shape.items())
        yield f"its shape ({shown}) is none of the catalogue's"
        return
    yield from _adds_up(row, kernel)
    if device.kind != DeviceKind.CPU:
        peak = peak_of(kernel, _described(device, kinds[device.kind]), _host(result))
        if peak is not None:
            yield from _beyond(row, peak, "the computed")


def _is_shape(row: Measurement, kernel: Kernel) -> bool:
    """Whether a shape is that of a form of this kernel, but for the dimension that is found when it runs."""
    free = {kernel.grows, kernel.sized}
    if any(size < 1 for size in row.shape.values()):
        return False
    fixed = {name: size for name, size in row.shape.items() if name not in free}
    return any(
        variant.provider is row.provider
        and set(variant.shape) == set(row.shape)
        and fixed == {name: size for name, size in variant.shape.items() if name not in free}
        for variant in variants_of(kernel, row.kernel_sha256)
    )


def _adds_up(row: Measurement, kernel: Kernel) -> Iterator[str]:
    """Whether the samples' own seconds fill the window: iterations × work ÷ rate, summed, or the latency itself."""
    timed = row.timed
    if timed is None:
        return
    work = kernel.work_per_iteration(row.shape)
    each = (sample if kernel.is_latency else work / sample for sample in row.samples)
    seconds = fsum(each) * timed.iterations_per_sample
    paused = any(because.id is Reason.SUSPENDED for because in row.reasons)
    least = 0.0 if paused else _FILLED * timed.window_s
    if not least <= seconds <= timed.window_s * (1 + _SAME) + 1e-3:
        yield f"its samples took {seconds:.3g} s by their rates, and it was timed for {timed.window_s:.3g} s"


def _beyond(row: Measurement, peak: Peak, whose: str) -> Iterator[str]:
    if peak.calibrated and peak.value and row.value is not None and row.value > PLAUSIBLE * peak.value:
        yield f"it is {row.value / peak.value:.2f} times {whose} peak of {peak.value:g} {row.unit}"


def _check_run(result: Result) -> None:
    """Whether everything happened within the run, one after the other on each device, and the verdict follows."""
    try:
        started, finished = read_moment(result.started_at), read_moment(result.finished_at)
    except ValueError as error:
        raise Refused("plausibility", "the times of the run are no times") from error
    worked: dict[str, float] = {}
    for row in (*result.measurements, *result.alone):
        where = f"{row.kernel} on {row.device}"
        seconds = row.timed.window_s if row.timed is not None else 0.0
        if seconds < 0:
            raise Refused("plausibility", f"{where} was timed for {seconds:g} s")
        worked[row.device] = worked.get(row.device, 0.0) + seconds
        began = None if row.started_at is None else _moment(row.started_at, where)
        # As differences: in the years 1 and 9999 there is no moment two seconds away.
        if began is not None and (started - began > _SLACK or began - finished > _SLACK):
            raise Refused("plausibility", f"{where} began on {row.started_at}, outside of the run")
    lasted = (finished - started).total_seconds()
    for device, seconds in worked.items():
        if seconds > lasted + _SLACK.total_seconds():
            raise Refused("plausibility", f"{device} measured for {seconds:.1f} s in a run of {lasted:.1f} s")
    statuses = [row.status for row in (*result.measurements, *result.alone)]
    if result.verdict is Status.SKIP or worst([result.verdict, *statuses]) is not result.verdict:
        raise Refused("plausibility", f"its verdict is {result.verdict}, and a row of it is {worst(statuses)}")


def _moment(text: str, where: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError as error:
        raise Refused("plausibility", f"{where}: started_at {text!r} is no time") from error


def _same(found: float | None, expected: float | None, *, of: float) -> bool:
    """Whether two figures agree to rounding, measured by a third one."""
    if found is None or expected is None:
        return found is expected
    return isclose(found, expected, rel_tol=_SAME, abs_tol=_SAME * of)


def _described(device: ResultDevice, kind: DeviceKind) -> Device:
    return Device(
        id=device.device,
        kind=kind,
        name=device.name,
        compute_capability=device.compute_capability,
        core_count=device.core_count,
        sm_clock_max_mhz=device.sm_clock_max_mhz,
        pcie_generation_max=device.pcie_generation_max,
        pcie_width_max=device.pcie_width_max,
    )


def _host(result: Result) -> Host:
    host = result.host
    cpu = Cpu(architecture=host.architecture, logical_cores=host.logical_cores, usable_cores=host.usable_cores)
    return Host(hostname="", os=host.os, kernel="", python="", cpu=cpu)
