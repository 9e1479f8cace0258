"""The end of a restored node's waiting: its other machine has retired, or its owner says that it is gone."""

from datetime import datetime

from netmind_tui.certify.identity import Identity
from netmind_tui.certify.moment import written
from netmind_tui.certify.stay import keep_retired, keep_stay, read_retirement, read_stay
from netmind_tui.model.backup import Stay
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.instance import only_one
from netmind_tui.node.backup.arrival import declared, taken_over
from netmind_tui.node.backup.layout import Layout
from netmind_tui.node.backup.told import tell_restored


def accept(data: bytes, what: str, layout: Layout, now: datetime) -> tuple[Stay, int, str | None]:
    """End the waiting here by what the other machine signed.

    Returns:
        The stay, how many events of the other machine are not here, and why the journal was not told, if it was not.

    Raises:
        Problem: nothing waits here, or the file is none that ends it.
    """
    stay = _waiting(layout)
    retirement = read_retirement(data, what)
    public = Identity(layout.identity).look().key or ""
    began = taken_over(stay, retirement, public, now)
    with only_one(layout.agent, since=written(now)):
        keep_retired(layout.identity, retirement, data)
        keep_stay(layout.identity, began)
        untold = tell_restored(layout.agent, began)
    return began, max(0, (retirement.events or 0) - (stay.events or 0)), untold


def declare_gone(layout: Layout, now: datetime) -> tuple[Stay, str | None]:
    """End the waiting here by the owner's word that the other machine is gone.

    Raises:
        Problem: nothing waits here.
    """
    began = declared(_waiting(layout), now)
    with only_one(layout.agent, since=written(now)):
        keep_stay(layout.identity, began)
        return began, tell_restored(layout.agent, began)


def _waiting(layout: Layout) -> Stay:
    stay = read_stay(layout.identity)
    if stay is None or stay.began is not None:
        raise Problem(f"no node waits here ({layout.identity}): nothing was changed", ExitCode.USAGE)
    return stay
