"""A run and a diagnosis as metrics for Prometheus: one benchmark kept as the state of its machine.

Names begin with ``netmind_bench`` here and with ``netmind_gpu`` or ``netmind_host`` in ``probe/prometheus.py``: the
textfile collector refuses two files that give the same series.
"""

from collections import Counter
from collections.abc import Iterable

from netmind_tui.model.doctor import Diagnosis
from netmind_tui.model.exposition import Families, exposition, timestamp
from netmind_tui.model.finding import Finding
from netmind_tui.model.measurement import Measurement, Run


def as_prometheus(run: Run) -> str:
    """The run's figures in base units, the status of each kernel, and when it was."""
    families = Families("netmind_bench")
    driver = run.environment.driver
    families.gauge("info", "What measured, with which settings and versions.").add(
        1,
        suite=run.suite,
        seed=str(run.seed),
        version=run.tool.version,
        onnxruntime=run.environment.onnxruntime,
        numpy=run.environment.numpy,
        driver=driver.version if driver else None,
    )
    for device in run.devices:
        families.gauge("device_info", "What the device of that name is.").add(
            1, device=device.id, kind=device.kind, name=device.name, uuid=device.uuid, pci_slot=device.pci_slot
        )
    _add_moments(families, run)
    families.gauge("complete", "1 if the run went to its end, 0 if it was cut short.").add(run.stopped is None)
    families.gauge("verdict", "1 for the worst status of the run, 0 for the others.").add_states(run.verdict)
    for measurement in run.measurements:
        _add_measurement(families, measurement)
    for shared in run.sharing:
        family = families.gauge("sharing_ratio", "Rate while the other GPUs work too ÷ rate of the GPU alone.")
        family.add(shared.ratio, device=shared.device, kernel=shared.kernel)
    _add_findings(families, run.findings)
    return exposition(families)


def diagnosis_as_prometheus(diagnosis: Diagnosis) -> str:
    """Every finding by its id, device, status and action, and the verdict over all."""
    families = Families("netmind")
    families.gauge("doctor_info", "What looked at the machine.").add(1, version=diagnosis.tool.version)
    examined = timestamp(diagnosis.generated_at)
    families.gauge("doctor_examined_timestamp_seconds", "When the machine was looked at.").add(examined)
    verdict = families.gauge("doctor_verdict", "1 for the worst status of the findings, 0 for the others.")
    verdict.add_states(diagnosis.verdict)
    _add_findings(families, diagnosis.findings)
    return exposition(families)


def _add_findings(families: Families, findings: Iterable[Finding]) -> None:
    """Count them by what is stable in them: their titles hold figures, and would be a new series each time."""
    counts = Counter((each.id, each.device, each.status, each.action) for each in findings)
    family = families.gauge("finding", "How many findings there are of that id, device, status and action.")
    for (id_, device, status, action), count in counts.items():
        family.add(count, id=id_, device=device, status=status, action=action)


def _add_moments(families: Families, run: Run) -> None:
    for name, moment in (("started", run.started_at), ("finished", run.finished_at)):
        family = families.gauge(f"{name}_timestamp_seconds", f"When the run was {name}.")
        family.add(timestamp(moment))


def _add_measurement(families: Families, m: Measurement) -> None:
    which = {"device": m.device, "kernel": m.kernel}
    families.gauge("status", "1 for the status of the kernel on the device, 0 for the others.").add_states(
        m.status, **which
    )
    if m.verified is not None:
        right = m.verified.before and m.verified.after
        families.gauge("verified", "Whether the result was right before and after the timed window.").add(
            bool(right), **which
        )
    _add_value(families, m)
    figures = (
        ("spread_ratio", "Standard deviation of the samples ÷ their mean.", m.cv),
        ("samples", "How many samples the value is the median of.", m.n or None),
        ("efficiency_ratio", "The rate ÷ the computed peak of the device.", m.efficiency),
        ("energy_joules", "Energy of the device in the timed window.", m.energy_j),
        ("window_seconds", "Length of the timed window.", m.timed.window_s if m.timed else None),
    )
    for name, help_, value in figures:
        families.gauge(name, help_).add(value, **which)


def _add_value(families: Families, m: Measurement) -> None:
    """The median and its interval: a time, a rate or an amount, the latter two told apart by the label ``unit``."""
    labels = {
        "device": m.device,
        "kernel": m.kernel,
        "kernel_version": str(m.kernel_version),
        "provider": m.provider,
        "precision": m.precision,
        "phase": m.phase,
    }
    if m.unit == "s":
        stem, suffix, what = "latency", "_seconds", "Time of one iteration"
    else:
        per_second = m.unit.endswith("/s")
        stem, suffix = ("rate" if per_second else "amount"), ""
        what = f"{'Work per second' if per_second else 'Amount'}, in the unit that the label names"
        labels["unit"] = m.unit
    low, high = m.ci95 or (None, None)
    families.gauge(f"{stem}{suffix}", f"{what}: median of the samples.").add(m.value, **labels)
    families.gauge(f"{stem}_ci95_lower{suffix}", f"{what}: lower end of the 95 % interval.").add(low, **labels)
    families.gauge(f"{stem}_ci95_upper{suffix}", f"{what}: upper end of the 95 % interval.").add(high, **labels)
