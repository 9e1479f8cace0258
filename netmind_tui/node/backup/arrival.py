"""What a restored node may do where it arrives: go on, or wait until its stay elsewhere has ended."""

from dataclasses import replace
from datetime import datetime

from netmind_tui.certify.moment import written
from netmind_tui.certify.stay import new_id
from netmind_tui.model.backup import Backup, Began, Retirement, Stay
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


def stay_after(
    backup: Backup,
    carried: Retirement | None,
    known: Retirement | None,
    present: Stay | None,
    here: str | None,
    now: datetime,
    *,
    gone: bool,
) -> Stay:
    """The stay that begins where a backup is restored.

    Args:
        backup: The backup.
        carried: The end of its stay, where the backup was made after that.
        known: The end of its stay, where this machine knows of one.
        present: The stay of a node that is here already.
        here: The digest of this machine.
        now: The time.
        gone: Whether the owner declares the machine of that stay gone.

    Raises:
        Problem: this machine knows that the stay ended, and the backup does not: it is too old. Or it ended here, for
            whichever machine came next.
    """
    at = written(now)
    begins = Stay(
        id=_name(present, backup.stay.id),
        number=backup.stay.number + 1,
        since=at,
        before=backup.stay.id,
        backup=backup.id,
        backup_at=backup.made_at,
        events=backup.events,
    )
    declared = replace(begins, began=Began.DECLARED, began_at=at)
    if carried is not None:
        was_here = present is not None and present.id == carried.stay
        if carried.successor is None and was_here and not gone:
            words = f"this node retired here on {carried.at} for whichever machine comes next, and may be there by now"
            raise Problem(f"{words}: --first-is-gone says that it is not; nothing was changed", ExitCode.UNMEASURED)
        if carried.successor is None:
            return declared if was_here else replace(begins, began=Began.RETIRED, began_at=at)
        if present is not None and carried.successor == present.id:
            return replace(begins, id=present.id, began=Began.RETIRED, began_at=at)
        # It retired for another machine: that one is where the node is now.
        name = _name(present, carried.successor)
        follows = replace(begins, id=name, number=begins.number + 1, before=carried.successor)
        return replace(follows, began=Began.DECLARED, began_at=at) if gone else follows
    if known is not None and not gone:
        words = f"this backup of {backup.made_at} is older than {known.at}, when the node ended its stay there"
        mend = "restore one made since then, or say --first-is-gone if there is none"
        raise Problem(f"{words}: {mend}; nothing was changed", ExitCode.UNMEASURED)
    if gone:
        return declared
    if here is not None and backup.machine == here:
        return replace(backup.stay, backup=backup.id, backup_at=backup.made_at, events=backup.events)
    return begins


def _name(present: Stay | None, before: str) -> str:
    """What waits here for the same end keeps its name: the other machine may have retired for it already."""
    waits = present is not None and present.began is None and present.before == before
    return present.id if present is not None and waits else new_id()


def taken_over(stay: Stay, retirement: Retirement, public: str, now: datetime) -> Stay:
    """A stay that waited, now that the one before it has ended.

    Raises:
        Problem: it is another node's, another stay's, or for another machine.
    """
    if retirement.node_key != public:
        words = "it is signed by another key than this node's; if that machine changed its key, restore a newer backup"
        raise _other(words)
    if retirement.stay != stay.before:
        raise _other(f"it ends the stay {retirement.stay}, and {stay.before} is waited for")
    if retirement.successor not in (None, stay.id):
        raise _other(f"it was made for {retirement.successor}, and this is {stay.id}")
    return replace(stay, began=Began.RETIRED, began_at=written(now))


def declared(stay: Stay, now: datetime) -> Stay:
    """A stay that waited, now that its owner declared the machine before gone."""
    return replace(stay, began=Began.DECLARED, began_at=written(now))


def _other(why: str) -> Problem:
    return Problem(f"this does not end the waiting here: {why}", ExitCode.USAGE)
