"""The owner's terms as *Schedule* reads and writes them: through the agent, or in the file where none runs."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.policy import Policy, PolicyDocument
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy.calendar_import import Imported, imported, read_calendar, source_name
from netmind_tui.node.policy.edit import with_draft
from netmind_tui.node.policy.file import PolicySource, read_source, source_of
from netmind_tui.node.policy.write import write
from netmind_tui.paths import policy_path
from netmind_tui.tui.schedule_page import Own
from netmind_tui.tui.schedule_state import Opened

if TYPE_CHECKING:
    from netmind_tui.tui.link import Line
    from netmind_tui.tui.state import State

MEANWHILE = "somebody changed it meanwhile; nothing was written"


class ChangedMeanwhile(Problem):
    """The terms are others than those that the draft began with; ``document`` is what they are now."""

    def __init__(self, document: PolicyDocument) -> None:
        super().__init__(f"{document.path}: {MEANWHILE}", ExitCode.USAGE)
        self.document = document


def opened(state: "State") -> Opened | None:
    """The owner's file, where no agent runs and it is another than was read last."""
    if state.feed.kind != "live" or state.node.is_there or not state.node.is_absent:
        return None
    path = policy_path()
    signature = _signature(path)
    known = state.schedule.own
    if known is not None and known.signature == signature:
        return None
    try:
        source = read_source(path)
    except Problem as problem:
        # What was read before stays in sight, and is no longer what the file says.
        document = known.document if known is not None else None
        return Opened(Own(document=document, trouble=problem.sentence, signature=signature))
    return Opened(Own(document=source.document, preset=source.preset, signature=signature))


def save(base: PolicyDocument, draft: Policy, link: "Line | None", preset: str | None) -> PolicyDocument:
    """Put a draft in force; with a link to an agent through it, else in the owner's file.

    Raises:
        ChangedMeanwhile: the terms are no longer those that it began with.
        Problem: something in the draft cannot be, this user may not, or it cannot be written; nothing was.
    """
    if link is not None:
        now = link.terms()
        _check(base, now)
        after = with_draft(_source(now, preset), draft)
        return link.put_terms((after.data or b"").decode(), now)
    before = read_source(policy_path())
    _check(base, before.document)
    after = with_draft(before, draft)
    write(before, after)
    return after.document


def with_calendar(policy: Policy, file: Path) -> tuple[Imported, str]:
    """A policy with the busy times of a calendar, as ``netmind schedule import`` makes it; and what was found.

    Raises:
        Problem: the file cannot be read, or is no calendar.
    """
    zone, now = ZoneInfo(policy.zone), datetime.now(UTC)
    busy = read_calendar(file, zone, policy.zone, now)
    today = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    before = PolicySource(path=policy_path(), policy=policy, preset="never")
    result = imported(before, source_name(file.name), busy.times, today)
    free = f", {busy.free} free or cancelled" if busy.free else ""
    return result, f"{file.name}: {len(busy.times)} busy times in 60 days{free}; {len(result.added)} are new"


def _check(base: PolicyDocument, now: PolicyDocument) -> None:
    if (base.sha256, base.policy if base.sha256 is None else None) != (
        now.sha256,
        now.policy if now.sha256 is None else None,
    ):
        raise ChangedMeanwhile(now)


def _source(document: PolicyDocument, preset: str | None) -> PolicySource:
    """The text that is to be changed."""
    path = Path(document.path or "policy.toml")
    if document.text is None:
        return PolicySource(path=path, policy=document.policy, preset=preset if document.policy.windows else None)
    return source_of(path, document.text.encode())


def _signature(path: Path) -> tuple[int, ...]:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    return (0,)
