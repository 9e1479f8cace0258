"""Did every node of the graph land on the device that was asked for? A silent move to the CPU is never a pass."""

from collections.abc import Sequence


class PlacementRefusedError(Exception):
    """A node stands on another provider than the one asked for, or nobody can say where it stands."""


def assert_placed(assigned: Sequence[tuple[str, Sequence[str]]], provider: str, *, readable: bool = True) -> int:
    """Check the graph assignment that the runtime reports and return how many nodes it holds.

    ``assigned`` is a list of (execution provider, operator types). Where the runtime is too old to report it
    (``readable`` false), the session was opened with the named provider alone and fallback forbidden, which refuses
    by itself; then 0 is returned.

    Raises:
        PlacementRefusedError: a node stands elsewhere, or the report is empty.
    """
    if not readable:
        return 0
    strayed = [f"{op} on {name}" for name, ops in assigned for op in ops if name != provider]
    if strayed:
        raise PlacementRefusedError(f"asked for {provider}, but the runtime placed {', '.join(strayed)}")
    placed = sum(len(ops) for _, ops in assigned)
    if placed == 0:
        raise PlacementRefusedError(f"asked for {provider}, but the runtime reports no node placed anywhere")
    return placed
