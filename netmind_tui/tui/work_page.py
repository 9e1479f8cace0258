"""The work of the device that is shown: which workload is meant, and the log that is read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netmind_tui.model.candidate import FIRST_COMMAND, Candidate, Standing, candidates
from netmind_tui.model.device import Device
from netmind_tui.model.legible import legible as plain
from netmind_tui.model.workload import WorkloadLog, WorkloadsStatus
from netmind_tui.tui.message import Part
from netmind_tui.tui.picture import harmless
from netmind_tui.tui.state import State

WORK, LOG = "work", "log"
"""The boxes: a device's workloads, and the log of one of them."""
LINES = 400
"""So many of the last lines of a log are asked for."""
_OPEN, _SOUGHT, _NONE = "work log", "log search", ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLog:
    """The last lines of a workload's output, as they can be shown; ``why`` says why there are none to be had."""

    name: str
    key: str | None = None
    lines: tuple[str, ...] = ()
    dropped_bytes: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Logged(Part):
    """A log was read, or cannot be."""

    log: WorkLog

    def after(self, state: State) -> State:
        """It is shown where it is still open: whoever reads further up is not disturbed, and else its end is seen."""
        before = state.node.log
        if opened_log(state) != (self.log.name, self.log.key):
            return state
        is_same = before is not None and (before.name, before.key) == (self.log.name, self.log.key)
        if is_same and not is_followed(state):
            return state
        rows = {**state.view.rows, LOG: max(0, len(self.log.lines) - 1)}
        return replace(state, node=replace(state.node, log=self.log), view=replace(state.view, rows=rows))


def workloads(state: State) -> WorkloadsStatus | None:
    """All of them, as an agent says; none without one, and of one that does not know of any."""
    return state.node.status.workloads if state.node.is_there and state.node.status is not None else None


def could_work(state: State, device: Device) -> tuple[Candidate, ...]:
    """Those that could work on a device, in the order of preference."""
    return candidates(workloads(state), device.id)


def chosen_work(state: State) -> Candidate | None:
    """The workload that is meant: on the screen of a device the one under the cursor, or the one whose log is read."""
    if state.view.screen != "devices":
        return None
    from netmind_tui.tui.screen.devices import chosen  # noqa: PLC0415 - the screen needs this module

    name = opened_log(state)
    if name is not None:
        return _of_log(workloads(state), *name)
    device = chosen(state)
    found = could_work(state, device) if device is not None else ()
    return found[min(state.view.row(WORK), len(found) - 1)] if found else None


def is_stoppable(candidate: Candidate) -> bool:
    """Whether the owner can stop it, and not let it start again: nobody said so before."""
    return candidate.standing is not Standing.HELD and not candidate.workload.is_held


def command(state: State) -> str:
    """What says of the chosen workload what its key does; without any, what makes the first one."""
    candidate = chosen_work(state)
    if candidate is None:
        return FIRST_COMMAND
    verb = "stop" if is_stoppable(candidate) else "start"
    return f"netmind workload {verb} {candidate.name}{of_host(state)}"


def of_host(state: State) -> str:
    """The option that names the machine, where it is another."""
    host = state.node.place.hostname
    return f" --host {host}" if host else ""


def opened_log(state: State) -> tuple[str, str | None] | None:
    """Whose log is read: the workload and its instance; none where none is."""
    name, _, key = state.view.choice(_OPEN, _NONE).partition(" ")
    return (name, key or None) if name else None


def shown_log(state: State) -> WorkLog | None:
    """What is known of that log; none before the first answer."""
    log, meant = state.node.log, opened_log(state)
    return log if log is not None and meant == (log.name, log.key) else None


def is_followed(state: State) -> bool:
    """Whether the end of the log is looked at: then what is new is shown as it comes."""
    log = shown_log(state)
    return log is None or state.view.row(LOG) >= len(log.lines) - 1


def sought(state: State) -> str:
    """What is looked for in the log."""
    return state.view.choice(_SOUGHT, _NONE)


def matches(lines: Sequence[str], words: str) -> list[int]:
    """The lines that have the words in them, however they are written."""
    small = words.casefold()
    return [place for place, each in enumerate(lines) if small in each.casefold()] if small else []


def opening(name: str, key: str | None) -> tuple[str, str]:
    """The choice that opens a log."""
    return _OPEN, f"{name} {key or ''}".rstrip()


CLOSING = (_OPEN, _NONE)
"""The choice that closes it."""


def seeking(words: str) -> tuple[str, str]:
    """The choice that looks for words in it."""
    return _SOUGHT, words


def read(log: WorkloadLog, key: str | None) -> WorkLog:
    """A log as an agent tells it, its lines made harmless."""
    told = tuple(legible(each) for each in log.lines)
    return WorkLog(name=log.workload, key=key, lines=told, dropped_bytes=log.dropped_bytes)


def legible(text: str) -> str:
    """A line of output that can be shown."""
    return harmless(plain(text))


def _of_log(found: WorkloadsStatus | None, name: str, key: str | None) -> Candidate | None:
    for each in found.workloads if found is not None else ():
        if each.name == name:
            return Candidate(each, next((own for own in each.instances if own.key == key), None))
    return None
