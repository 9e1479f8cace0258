"""A validation as metrics for Prometheus: which requirements hold, and what was found for each."""

from netmind_tui.model.exposition import Families, exposition, timestamp
from netmind_tui.model.requirement import Validation


def as_prometheus(validation: Validation) -> str:
    """The status of each requirement, the figures behind them in base units, and when it was."""
    families = Families("netmind_validate")
    shown, against = validation.requirements, validation.against
    families.gauge("info", "What was required, and what it was held against.").add(
        1,
        requirements=validation.name,
        sha256=shown.sha256 if shown else None,
        baseline=validation.baseline.runs[-1] if validation.baseline else None,
        against=against.kind,
        suite=against.suite,
        version=validation.tool.version,
    )
    for name, moment in (("validated", validation.validated_at), ("measured", against.measured_at)):
        families.gauge(f"{name}_timestamp_seconds", f"When it was {name}.").add(timestamp(moment))
    families.gauge("verdict", "1 for the worst status of the requirements, 0 for the others.").add_states(
        validation.verdict, requirements=validation.name
    )
    for each in validation.judgements:
        which = {"requirements": validation.name, "id": each.id, "device": each.device}
        status = families.gauge("requirement_status", "1 for the status of the requirement, 0 for the others.")
        status.add_states(each.status, **which)
        figures = (
            ("requirement_actual", "What was found, in the base unit that the label names.", each.actual),
            ("requirement_required", "What is required, in the same unit.", each.required),
        )
        for name, help_, value in figures:
            if isinstance(value, bool | int | float):
                families.gauge(name, help_).add(value, **which, unit=each.unit)
    return exposition(families)
