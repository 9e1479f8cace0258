"""A node retired: its stay on this machine ends, and what says so is signed and kept."""

from dataclasses import dataclass
from datetime import datetime

from netmind_tui.certify import private_file
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.moment import written
from netmind_tui.certify.stay import keep_retired, read_retired, read_stay, retired_path, signed_retirement, way_on
from netmind_tui.model.backup import Retirement
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.instance import only_one
from netmind_tui.node.backup.layout import Layout
from netmind_tui.node.backup.make import stay_here
from netmind_tui.node.backup.told import tell_retired


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """The end of a stay: what was signed, whether that was before, and why the journal was not told, if it was not."""

    retirement: Retirement
    statement: bytes
    was_before: bool
    untold: str | None = None


def retire(layout: Layout, successor: str | None, now: datetime) -> Retired:
    """End the node's stay here, for good; asked again, say the same again.

    Args:
        layout: Where the node lies.
        successor: The one stay that may follow; any, where none is named.
        now: The time.

    Raises:
        Problem: there is no node, it only waits here, an agent runs, or it retired for another stay.
    """
    identity = Identity(layout.identity)
    public = identity.look().key
    if public is None:
        raise Problem(f"there is no node key in {layout.identity}: there is nothing to retire", ExitCode.USAGE)
    _check_at_home(layout)
    with only_one(layout.agent, since=written(now)):
        stay = stay_here(layout.identity, now)
        known = read_retired(layout.identity, stay.id)
        if known is not None:
            if successor not in (None, known.successor):
                whom = f"for {known.successor}" if known.successor else "for whichever machine comes next"
                words = f"this node retired here on {known.at} {whom}: it cannot name another one now"
                raise Problem(f"{words}; there, netmind restore --first-is-gone", ExitCode.UNMEASURED)
            statement = private_file.read(retired_path(layout.identity, stay.id), 4096)
            return Retired(retirement=known, statement=statement, was_before=True)
        number, untold = tell_retired(layout.agent, stay, successor)
        retirement = Retirement(
            node_key=public,
            stay=stay.id,
            number=stay.number,
            successor=successor,
            at=written(now),
            events=number and number - 1,
        )
        statement = signed_retirement(retirement, identity.own_key(written(now)))
        keep_retired(layout.identity, retirement, statement)
    return Retired(retirement=retirement, statement=statement, was_before=False, untold=untold)


def _check_at_home(layout: Layout) -> None:
    stay = read_stay(layout.identity)
    if stay is not None and stay.began is None:
        words = f"this node only waits here, and it is the other machine that retires: {way_on(stay)}"
        raise Problem(words, ExitCode.UNMEASURED)
