"""How the rates of a certificate went since the one before it, by the rule that runs are compared by."""

from collections.abc import Mapping

from netmind_tui.bench.compare import compare
from netmind_tui.model.comparison import Comparison
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.host import Cpu, Host
from netmind_tui.model.measurement import Run
from netmind_tui.model.result import Result, ResultDevice


def drift(before: Result, after: Result, grows: Mapping[str, str] | None = None) -> Comparison:
    """Hold a result document against an earlier one.

    ``grows`` names for each kernel the dimension that is found at run time: it may differ.
    """
    return compare([_run(before)], [_run(after)], grows=grows)


def _run(result: Result) -> Run:
    """The run behind a result document, as far as the document says; the rest is empty on both sides alike."""
    host = result.host
    return Run(
        run_id=result.run_id,
        started_at=result.started_at,
        finished_at=result.finished_at,
        suite=result.suite,
        seed=int(result.seed),
        tool=result.tool,
        host=Host(
            hostname="",
            os=host.os,
            kernel="",
            python="",
            cpu=Cpu(
                name=host.cpu_name,
                architecture=host.architecture,
                logical_cores=host.logical_cores,
                usable_cores=host.usable_cores,
                features=host.features,
            ),
            memory_total_bytes=host.memory_total_bytes,
            boundaries=host.boundaries,
        ),
        devices=tuple(map(_device, result.devices)),
        environment=result.environment,
        measurements=result.measurements,
        together=result.together,
        alone=result.alone,
        sharing=result.sharing,
        capacity=result.capacity,
        verdict=result.verdict,
    )


def _device(each: ResultDevice) -> Device:
    return Device(
        id=each.device,
        kind=DeviceKind(each.kind),
        name=each.name,
        memory_total_bytes=each.memory_total_bytes,
        power_limit_w=each.power_limit_w,
        ecc_enabled=each.ecc_enabled,
        mig_enabled=each.mig_enabled,
        sm_clock_max_mhz=each.sm_clock_max_mhz,
    )
