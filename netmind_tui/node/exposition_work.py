"""The metrics of work: how each workload stands on each device, how often it failed, and what today came to.

Labels are the names of workloads, as the owner's file has them, and of devices: as many as there are, and no more.
"""

from netmind_tui.model.exposition import Families, Family
from netmind_tui.model.workload import InstanceStatus, WorkloadsStatus

_MOST = 64
"""No monitor is told of more workloads than this."""


def work_families(told: WorkloadsStatus | None) -> tuple[Family, ...]:
    """All of them; none where an agent does not know of work."""
    if told is None:
        return ()
    families = Families("netmind_workload")
    families.gauge("refused", "1 if a newer workloads file is not in force because of an error in it.").add(
        told.refused is not None
    )
    families.gauge("definitions", "Workloads that are defined.").add(len(told.workloads))
    for each in told.workloads[:_MOST]:
        name = each.name
        families.gauge("held", "1 if the owner stopped the workload.").add(each.is_held, workload=name)
        families.gauge("blocked", "1 if the workload cannot run at all.").add(each.problem is not None, workload=name)
        for own in each.instances:
            _add_instance(families, name, own)
    return tuple(families)


def _add_instance(families: Families, name: str, own: InstanceStatus) -> None:
    for device in own.devices:
        families.gauge("state", "1 for the state that the workload is in on the device, 0 for all others.").add_states(
            own.state, workload=name, device=device
        )
    # What is of all devices of an instance together stands with the first of them.
    labels = {"workload": name, "device": own.devices[0] if own.devices else None}
    families.gauge("failures", "How often in a row the workload failed there.").add(own.failures, **labels)
    families.counter("restarts_total", "How often it was started again there since the agent began.").add(
        own.restarts, **labels
    )
    families.counter("metered_seconds_total", "Device-seconds that it worked today; begins anew at midnight.").add(
        own.metered_s, **labels
    )
    families.counter(
        "energy_joules_total", "Joules that its devices drew today while it was there; begins anew at midnight."
    ).add(own.energy_j, **labels)
    families.gauge("memory_freed_seconds", "Seconds until the GPU's memory was free after its last stop.").add(
        own.freed_s, **labels
    )
