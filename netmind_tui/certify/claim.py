"""What follows from a result document: the claims, the facts and the environment that a certificate of it states.

Whoever verifies derives them again and holds them against the certificate.
"""

from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.document import plain
from netmind_tui.model.certificate import (
    CertifiedDevice,
    CertifiedEnvironment,
    CertifiedRun,
    Claim,
    Digests,
    Evidence,
    Fact,
    LeftOut,
)
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Measurement
from netmind_tui.model.result import Result

# What a device says of itself, with the unit of what is counted.
_FACTS = {
    "name": None,
    "memory_total_bytes": "bytes",
    "compute_capability": None,
    "core_count": "cores",
    "power_limit_w": "W",
    "power_limit_default_w": "W",
    "pcie_generation_max": "generation",
    "pcie_width_max": "lanes",
    "sm_clock_max_mhz": "MHz",
}
_HOST_FACTS = {
    "cpu_name": None,
    "architecture": None,
    "logical_cores": "cores",
    "usable_cores": "cores",
    "memory_total_bytes": "bytes",
    "os": None,
}
_CLAIMED = (Status.PASS, Status.WARN, Status.UNSTABLE)


def run_of(result: Result) -> CertifiedRun:
    """The run behind a result."""
    return CertifiedRun(
        suite=result.suite, started_at=result.started_at, finished_at=result.finished_at, verdict=result.verdict
    )


def environment_of(result: Result) -> CertifiedEnvironment:
    """What the claims of a result hold for."""
    return CertifiedEnvironment(
        driver=result.environment.driver.version if result.environment.driver else None,
        devices=tuple(
            CertifiedDevice(
                device=each.device,
                identity=each.identity,
                name=each.name,
                memory_total_bytes=each.memory_total_bytes,
                power_limit_w=each.power_limit_w,
                ecc_enabled=each.ecc_enabled,
                mig_enabled=each.mig_enabled,
            )
            for each in result.devices
        ),
        boundaries=result.host.boundaries,
    )


def environment_digest(environment: CertifiedEnvironment) -> Digests:
    """The digest of an environment's canonical form."""
    return Digests(sha256=sha256(canonical(plain(environment), "the environment")))


def facts_of(result: Result) -> tuple[Fact, ...]:
    """What the machine says of itself in a result: of the whole first, then of each device."""
    whole = [_fact(None, name, getattr(result.host, name), unit) for name, unit in _HOST_FACTS.items()]
    driver = result.environment.driver.version if result.environment.driver else None
    whole.append(_fact(None, "driver", driver, None))
    each = [
        _fact(device.device, name, getattr(device, name), unit)
        for device in result.devices
        for name, unit in _FACTS.items()
    ]
    return tuple(fact for fact in (*whole, *each) if fact is not None)


def claims_of(result: Result) -> tuple[Claim, ...]:
    """What a result shows: every verified rate of its capacity, as measured."""
    shown = {(rate.device, rate.kernel) for rate in result.capacity}
    return tuple(
        _claim(each, together=result.together)
        for each in result.measurements
        if (each.device, each.kernel) in shown and each.status in _CLAIMED
    )


def left_out_of(result: Result) -> tuple[LeftOut, ...]:
    """The kernels of a result that nothing is claimed about."""
    claimed = {(claim.device, claim.kernel) for claim in claims_of(result)}
    return tuple(
        LeftOut(
            device=each.device,
            kernel=each.kernel,
            status=each.status,
            reasons=tuple(because.id.value for because in each.reasons),
        )
        for each in result.measurements
        if (each.device, each.kernel) not in claimed
    )


def _fact(device: str | None, name: str, value: str | float | None, unit: str | None) -> Fact | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Fact(device=device, name=name, text=value)
    return Fact(device=device, name=name, value=float(value), unit=unit)


def _claim(measurement: Measurement, *, together: bool) -> Claim:
    if measurement.value is None or measurement.phase is None:  # ``capacity`` has none of these
        raise ValueError(measurement.kernel)
    return Claim(
        evidence=Evidence.MEASURED,
        device=measurement.device,
        kernel=measurement.kernel,
        kernel_version=measurement.kernel_version,
        kernel_sha256=measurement.kernel_sha256,
        precision=measurement.precision,
        metric=measurement.metric,
        unit=measurement.unit,
        value=measurement.value,
        ci95=measurement.ci95,
        cv=measurement.cv,
        n=measurement.n,
        phase=measurement.phase,
        status=measurement.status,
        together=together,
        verified=measurement.verified,
        placement=measurement.placement,
        throttle=measurement.throttle,
        peak=measurement.peak,
    )
