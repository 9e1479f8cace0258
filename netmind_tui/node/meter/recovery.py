"""What an agent that was killed left open, closed where it really ended as far as anybody knows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from netmind_tui.model.metering import RUNS, Activity, CutBy
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.meter.dial import Mark, mark_of, slot_ends
from netmind_tui.node.meter.piece import Checkpoint, Piece, shared
from netmind_tui.node.work.instance import Left

UNREAD = "the agent was killed before it was read"
# More than that between two clocks is sleep.
_SLEEP_MS = 2000
# In a boot that is over nobody can tell sleep from work: an end that is told so much later is not believed.
_BELIEVED_MS = 10 * 60 * 1000
_MOST_S = 1e10


def recovered(
    checkpoints: Sequence[Checkpoint],
    lefts: Sequence[Left],
    now: Moment,
    is_known: Callable[[str], bool],
    new_id: Callable[[], str],
) -> Iterator[Piece]:
    """The pieces of agents before this one, closed.

    What worked, or stood still, ended when its keeper says, and was ending from when it was told to; everything else at
    its last checkpoint. An instance that nothing is known of began after the last one: it is measured by its keeper's
    record.
    """
    lefts = [_believed(each) for each in lefts]
    ends = {each.number: each for each in lefts}
    there: set[str] = set()
    until: dict[str, Mark] = {}
    for each in checkpoints:
        for piece in filter(_can_be, each.pieces):
            there.add(piece.instance or "")
            ended = ends.get(piece.instance or "")
            closed = [piece]
            if piece.cut_by is None:
                since = piece.end
                end = since if ended is None else _end(piece, ended, each.boot, now)
                closed = list(_ended(piece, end, ended, new_id))
                if ended is not None:
                    _count(closed, ended, each.cpu_ms, since)
            for one in closed:
                one.give_up(UNREAD)
                yield one
            until[piece.device] = closed[-1].end
    for left in lefts:
        if left.number not in there and not is_known(left.number):
            yield from _unseen(left, now, until, new_id)


def _believed(left: Left) -> Left:
    """The same without figures that no clock has shown; the record is a file, and files get damaged."""
    ended = left.ended
    return replace(
        left,
        ended=replace(
            ended,
            lasted_s=_figure(ended.lasted_s) or 0.0,
            cpu_s=_figure(ended.cpu_s),
            at_boottime_s=_figure(ended.at_boottime_s),
            asked_boottime_s=_figure(ended.asked_boottime_s),
        ),
    )


def _figure(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= _MOST_S else None


def _can_be(piece: Piece) -> bool:
    """Whether a clock has shown this."""
    marks = (piece.start, piece.end)
    most_ms = int(_MOST_S * 1000)
    return piece.duration_ms >= 0 and all(
        0 <= value <= most_ms for mark in marks for value in (mark.ms, mark.wall_ms, mark.uptime_ms)
    )


def _end(piece: Piece, left: Left, boot: str, now: Moment) -> Mark:
    """When it ended: by its keeper, if that can be, else when it was last seen."""
    told_s = left.ended.at_boottime_s
    if told_s is None or (left.boot is not None and left.boot != boot):
        return piece.end
    here = mark_of(now)
    more_ms = round(told_s * 1000) - piece.end.uptime_ms
    if boot == now.boot:
        more_ms = min(more_ms, here.uptime_ms - piece.end.uptime_ms)
        slept_ms = more_ms and (here.uptime_ms - piece.end.uptime_ms) - (here.ms - piece.end.ms)
        if slept_ms > _SLEEP_MS:
            more_ms = min(more_ms, 0)
    elif more_ms > _BELIEVED_MS:
        more_ms = 0
    # An end before the checkpoint: the agent had not noticed yet.
    return piece.end.after(max(more_ms, -piece.duration_ms))


def _ended(piece: Piece, end: Mark, left: Left | None, new_id: Callable[[], str]) -> Iterator[Piece]:
    """The piece until then, and what of that was its ending."""
    took_s = 0.0
    if left is not None and piece.activity is not Activity.ENDING and left.ended.asked_boottime_s is not None:
        took_s = (left.ended.at_boottime_s or 0.0) - left.ended.asked_boottime_s
    asked = end.after(-max(0, min(round(took_s * 1000), end.ms - piece.end.ms)))
    yield from _up_to(piece, asked, new_id, CutBy.CHANGE if asked.ms < end.ms else CutBy.FOUND)
    if asked.ms < end.ms:
        yield from _up_to(_next(piece, asked, new_id, Activity.ENDING), end, new_id)


def _next(piece: Piece, start: Mark, new_id: Callable[[], str], activity: Activity | None = None) -> Piece:
    """What comes after a piece on its device, of the same work."""
    return Piece(
        id=new_id(),
        device=piece.device,
        uuid=piece.uuid,
        activity=activity or piece.activity,
        workload=piece.workload,
        instance=piece.instance,
        start=start,
        end=start,
    )


def _up_to(piece: Piece, end: Mark, new_id: Callable[[], str], why: CutBy = CutBy.FOUND) -> Iterator[Piece]:
    """The piece until then, cut where a quarter of an hour ends."""
    if end.ms <= piece.end.ms:
        piece.end, piece.cut_by = end, why
        yield piece
        return
    for slot in slot_ends(piece.end, end):
        piece.reach(slot)
        piece.cut_by = CutBy.SLOT
        yield piece
        piece = _next(piece, slot, new_id)
    piece.reach(end)
    piece.cut_by = why
    yield piece


def _count(pieces: Sequence[Piece], left: Left, had_ms: dict[str, int], since: Mark) -> None:
    """Give the processor time since the checkpoint to those that worked since; it is counted on one device alone."""
    if left.ended.cpu_s is None or left.number not in had_ms:
        return
    working = [each for each in pieces if each.activity in RUNS]
    if working:
        more_ms = max(0, round(left.ended.cpu_s * 1000) - had_ms[left.number])
        weights = [max(0, each.end.ms - max(each.start.ms, since.ms)) for each in working]
        parts = shared(more_ms, weights) if sum(weights) else [*[0] * (len(working) - 1), more_ms]
        for each, part in zip(working, parts, strict=True):
            each.cpu_ms = (each.cpu_ms or 0) + part


def _unseen(left: Left, now: Moment, until: dict[str, Mark], new_id: Callable[[], str]) -> Iterator[Piece]:
    """An instance whose beginning no checkpoint had yet."""
    told_s = left.ended.at_boottime_s
    # It cannot have begun before the machine was started.
    lasted_ms = round(min(left.ended.lasted_s, told_s or 0.0) * 1000)
    here = mark_of(now)
    is_of_this_boot = left.boot in (None, now.boot)
    has_run = told_s is not None and lasted_ms > 0 and left.ended.how != "not-started"
    if told_s is None or not has_run or not is_of_this_boot or round(told_s * 1000) > here.uptime_ms:
        return
    end = here.after(round(told_s * 1000) - here.uptime_ms)
    workload, _, named = left.key.partition("@")
    placed = [(each.device, each.uuid) for each in left.devices] or ([(named, None)] if named else [])
    for place, (device, uuid) in enumerate(placed):
        start = end.after(-lasted_ms)
        before = until.get(device)
        if before is not None and before.wall_ms > start.wall_ms:
            start = end.after(-max(0, end.wall_ms - before.wall_ms))
        piece = Piece(
            id=new_id(),
            device=device,
            uuid=uuid,
            activity=Activity.WORK,
            workload=workload,
            instance=left.number,
            start=start,
            end=start,
        )
        pieces = list(_ended(piece, end, left, new_id))
        if place == 0:
            _count(pieces, left, {left.number: 0}, start)
        for each in pieces:
            each.give_up(UNREAD)
            yield each
