"""How an instance of each kind of workload is made."""

from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work.instance import Instance


def make_instance(workload: Workload) -> Instance:
    """A start of a workload that has not begun yet."""
    # Each is loaded when it is first called for: an agent without work does without.
    if workload.kind is WorkKind.CONTAINER:
        from netmind_tui.node.work.container import Container  # noqa: PLC0415 - see above

        return Container(workload)
    if workload.kind is WorkKind.UNIT:
        from netmind_tui.node.work.systemd_unit import SystemdUnit  # noqa: PLC0415 - see above

        return SystemdUnit(workload)
    from netmind_tui.node.work.program import Program  # noqa: PLC0415 - see above

    return Program(workload)
