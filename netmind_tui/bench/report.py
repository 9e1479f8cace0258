"""A run as CSV, Markdown or JSON Lines: the same figures in each, exact to the last digit."""

import csv
import io
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from netmind_tui.bench.plan import Plan
from netmind_tui.document import encode
from netmind_tui.model.measurement import Measurement, MeasurementDocument, Run
from netmind_tui.model.plan import PlanDocument, PlannedStep
from netmind_tui.model.quantity import interval, percent, quantity

_PLAIN = (
    "kernel",
    "kernel_version",
    "kernel_sha256",
    "device",
    "provider",
    "precision",
    "metric",
    "unit",
    "value",
    "cv",
    "mad",
    "p5",
    "p95",
    "n",
    "outliers",
    "phase",
    "burst",
    "efficiency",
    "energy_j",
    "energy_method",
    "threads",
    "started_at",
    "status",
)
COLUMNS = ("run_id", *_PLAIN, "shape", "ci95_low", "ci95_high", "verified", "error", "reasons")
_MARKDOWN = ("kernel", "device", "rate", "95 % interval", "spread", "verified", "status", "value", "unit")


def row(measurement: Measurement, run_id: str) -> dict[str, Any]:
    """One measurement as flat columns in base units; what is not known is ``None``."""
    verified, ci95 = measurement.verified, measurement.ci95 or (None, None)
    flat: dict[str, Any] = {"run_id": run_id}
    flat.update({name: getattr(measurement, name) for name in _PLAIN})
    flat["shape"] = " ".join(f"{name}={extent}" for name, extent in measurement.shape.items())
    flat["ci95_low"], flat["ci95_high"] = ci95
    flat["verified"] = None if verified is None else bool(verified.before and verified.after)
    flat["error"] = verified.error if verified else None
    flat["reasons"] = "; ".join(f"{because.id}: {because.detail}" for because in measurement.reasons)
    return flat


def as_csv(run: Run) -> str:
    """One line a measurement under a header; numbers as Python writes them, so that they read back the same."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row(measurement, run.run_id) for measurement in run.measurements)
    return sink.getvalue()


def as_json_line(measurement: Measurement, run_id: str) -> str:
    """One measurement as one line of JSON, with the run it belongs to."""
    members = {member.name: getattr(measurement, member.name) for member in fields(measurement)}
    return encode(MeasurementDocument(run_id=run_id, **members)).decode()


def as_markdown(run: Run) -> str:
    """A table for an issue or a wiki: read by people on the left, by programs in the last two columns."""
    lines = [
        f"**netmind bench** · {run.suite} · seed {run.seed} · {run.started_at} · verdict **{run.verdict}**",
        "",
        markdown_row(_MARKDOWN),
        markdown_row("---" for _ in _MARKDOWN),
    ]
    for m in run.measurements:
        verified = "—" if m.verified is None else f"{m.verified.method}: {_yes(m)}"
        exact = "—" if m.value is None else repr(m.value)
        figures = (quantity(m.value, m.unit), interval(m.ci95, m.value, m.unit), percent(m.cv))
        lines.append(markdown_row((m.kernel, m.device, *figures, verified, m.status, exact, m.unit)))
    notes = [f"- {m.kernel} on {m.device}: {because.detail}" for m in run.measurements for because in m.reasons]
    if notes:
        lines += ["", *dict.fromkeys(notes)]
    return "\n".join(lines) + "\n"


def _yes(measurement: Measurement) -> str:
    verified = measurement.verified
    return "yes" if verified and verified.before and verified.after else "no"


def markdown_row(cells: Iterable[str]) -> str:
    """One row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def plan_document(plan: Plan) -> PlanDocument:
    """The plan as a document."""
    steps = tuple(
        PlannedStep(
            kernel=step.kernel.id,
            device=step.target.device.id,
            shape=step.variant.shape if step.variant else {},
            expected_s=round(step.expected_s, 2) if step.is_tried else 0.0,
            memory_bytes=step.memory_bytes,
            refused=step.refused.detail if step.refused else None,
        )
        for step in plan.steps
    )
    return PlanDocument(suite=plan.suite.name, seed=plan.seed, expected_s=round(plan.expected_s, 2), steps=steps)
