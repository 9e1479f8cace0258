"""That a node came or retired, as its journal tells it: written while no agent holds the journal."""

from contextlib import closing
from pathlib import Path

from netmind_tui.model.backup import Began, Stay
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import SystemClock, stamp
from netmind_tui.node.journal.store import Fact, Journal


def tell_restored(agent: Path, stay: Stay) -> str | None:
    """Tell that the node goes on here; why that could not be told, if it could not."""
    why = {
        Began.RETIRED: "the machine before it has retired",
        Began.DECLARED: "its owner declared the machine before it gone",
    }.get(stay.began or Began.MADE, "this is the machine that the backup was made on")
    words = f"the node was restored from the backup of {stay.backup_at} and goes on here: {why}"
    facts: dict[str, Fact] = {
        "stay": stay.id,
        "number": stay.number,
        "before": stay.before,
        "backup": stay.backup,
        "began": stay.began,
    }
    return _told(agent, EventKind.NODE_RESTORED, words, facts)[1]


def tell_retired(agent: Path, stay: Stay, successor: str | None) -> tuple[int | None, str | None]:
    """Tell that the node leaves: the number of the event, or why that could not be told."""
    whither = f"for the stay {successor} on another machine" if successor else "for whichever machine restores it next"
    words = f"the node retired here, {whither}; it signs and writes nothing more on this machine"
    return _told(agent, EventKind.NODE_RETIRED, words, {"stay": stay.id, "number": stay.number, "successor": successor})


def _told(agent: Path, kind: EventKind, words: str, facts: dict[str, Fact]) -> tuple[int | None, str | None]:
    now = SystemClock().moment()
    event = Event(at=stamp(now.at), kind=kind, sentence=words, data=facts, boot=now.boot, uptime_s=now.uptime_s)
    try:
        with closing(Journal.open(agent / "journal.db")) as journal:
            numbers = journal.append([event])
            return numbers[-1], journal.degraded
    except Problem as problem:
        return None, problem.sentence
