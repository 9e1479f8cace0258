"""The agent's state as metrics: for a monitor that asks on this machine, or in a file for node_exporter."""

import os
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path

from netmind_tui.model.agent import Status
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.exposition import Families, Family, exposition, openmetrics
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.exposition_money import money_families
from netmind_tui.node.exposition_work import work_families
from netmind_tui.probe.prometheus import sample_families

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
_MODE = 0o644


def as_openmetrics(status: Status) -> str:
    """The metrics of a status as OpenMetrics 1.0."""
    return openmetrics(_families(status))


def as_prometheus(status: Status) -> str:
    """The same in Prometheus' older format, the one that node_exporter's textfile collector reads."""
    return exposition(_families(status))


def write_metrics(path: Path, status: Status) -> None:
    """Replace the file for node_exporter, so that it never reads half of it.

    Raises:
        Problem: it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(as_prometheus(status))
            temporary.chmod(_MODE)  # node_exporter is another user
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"agent.metrics_file: {path} cannot be written: {cause}", ExitCode.USAGE) from error


def _families(status: Status) -> tuple[Family, ...]:
    agent = Families("netmind_agent")
    _add_agent(agent, status)
    _add_decisions(agent, status)
    _add_guards(agent, status)
    sampled = sample_families(status.sample) if status.sample is not None else ()
    return (*agent, *work_families(status.workloads), *money_families(status.money), *sampled)


def _add_agent(families: Families, status: Status) -> None:
    if status.agent is not None:
        families.gauge("info", "Which agent this is.").add(1, version=status.agent.version, node=status.agent.node)
        families.gauge("start_timestamp_seconds", "When the agent was started.").add(_seconds(status.agent.started_at))
    families.gauge("status_timestamp_seconds", "When the agent last decided.").add(_seconds(status.at))
    policy = status.policy
    families.gauge("policy_windows", "Weekly windows of the policy in force.").add(policy.windows)
    families.gauge("policy_refused", "1 if a newer policy is not in force because of an error in it.").add(
        policy.refused is not None
    )
    families.gauge("policy_loaded_timestamp_seconds", "When the policy in force was read.").add(
        _seconds(policy.loaded_at)
    )
    families.gauge("questions", "Questions that wait for the owner's answer.").add(len(status.questions))
    standing = Counter(each.kind for each in status.overrides)
    for kind in OverrideKind:
        if kind is not OverrideKind.RESUME:
            families.gauge("overrides", "Overrides of the owner that hold now, by their kind.").add(
                standing[kind], kind=kind
            )


def _add_decisions(families: Families, status: Status) -> None:
    if status.decisions is None:
        return
    counts = Counter(each.state for each in status.decisions.devices)
    for state in Contribution:
        families.gauge("devices", "Devices of this node, by what they do for others.").add(counts[state], status=state)
    for each in status.decisions.devices:
        families.gauge("device_state", "1 for the state that the device is in, 0 for all others.").add_states(
            each.state, device=each.device
        )
        families.gauge("device_may_start", "Whether new work may begin on the device.").add(
            each.may_start, device=each.device
        )
        families.gauge("device_reason", "1 for the reason that comes first, by its code.").add(
            1, device=each.device, reason=each.reason.code if each.reasons else None
        )
        families.gauge("device_until_timestamp_seconds", "When the decision changes at the latest.").add(
            _seconds(each.until), device=each.device
        )
    for device in status.devices:
        families.gauge("device_since_timestamp_seconds", "Since when the device is in its state.").add(
            _seconds(device.since), device=device.device
        )
        families.gauge("device_info", "What the device of that name is.").add(
            1, device=device.device, uuid=device.uuid, name=device.name
        )


def _add_guards(families: Families, status: Status) -> None:
    for fact in status.facts:
        labels = {"guard": str(fact.kind), "device": fact.device}
        families.gauge("guard_denies", "1 if the guard takes the device, or every device, away.").add(
            fact.denies, **labels
        )
        families.gauge("guard_blind", "1 if the guard cannot see what it watches.").add(
            fact.unknown is not None, **labels
        )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
