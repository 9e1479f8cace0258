"""What was, as the agent tells it on its socket: from its journal, its rollups, and the rules for what comes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from netmind_tui.model.agent import Why
from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.control import EventQuery, HistoryQuery, Rollup
from netmind_tui.model.decide import together
from netmind_tui.model.decision import Decision, NodeDecision, Reason
from netmind_tui.model.event import Event
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.forecast import explain, forecast
from netmind_tui.model.problem import Problem
from netmind_tui.model.timeline import DeviceLine, Span, Timeline
from netmind_tui.node.agent.looked import Stand
from netmind_tui.node.journal.past import NOT_YET, past_lines
from netmind_tui.node.journal.rollup import Rollups
from netmind_tui.node.journal.store import Journal

_AN_INSTANT = timedelta(milliseconds=1)


class JournalPast:
    """Every method blocks, and may be called by any thread."""

    def __init__(self, journal: Journal, rollups: Rollups) -> None:
        self._journal = journal
        self._rollups = rollups

    def events(self, query: EventQuery) -> tuple[Event, ...]:
        """What happened."""
        return self._journal.events(
            after=query.after,
            since=query.since,
            until=query.until,
            device=query.devices,
            kinds=query.kinds,
            limit=query.limit,
        )

    def history(self, query: HistoryQuery) -> Rollup:
        """How the devices were."""
        return self._rollups.history(query)

    def why(self, device: str | None, at: datetime) -> Why:
        """Why a device, or the node, did what it did.

        Raises:
            Problem: the journal does not go back that far.
        """
        found = past_lines(self._journal, () if device is None else (device,), at, at + _AN_INSTANT)
        spans = [span for line in found for span in line.spans if span.code != NOT_YET]
        if not spans:
            raise Problem(f"{at.isoformat()}: the journal does not go back that far", ExitCode.UNMEASURED)
        # Of the node it is told what most of its devices did.
        state = Counter(each.state for each in spans).most_common(1)[0][0]
        span = next(each for each in spans if each.state is state)
        name = device or "node"
        reason = Reason(code=span.code, sentence=span.sentence, rung=Rung.RUN)
        sentence = f"{'the node' if device is None else name} was {state.value}: {span.sentence}"
        return Why(at=at, device=name, state=state.value, sentence=sentence, reasons=(reason,), is_past=True)

    def timeline(self, stand: Stand, start: datetime, end: datetime) -> Timeline:
        """How it was by the journal, and how it will be by the rules, where the one goes over into the other."""
        situation = stand.situation
        found = forecast(
            stand.rules,
            stand.zone,
            start,
            stand.at,
            end,
            situation.devices,
            stand.overrides,
            situation.facts,
            stand.prices,
            blocked=situation.blocked,
        )
        until = min(stand.at, end)
        if until <= start:
            return found
        names = [each.device for each in found.devices]
        told = {line.device: line.spans for line in past_lines(self._journal, names, start, until)}
        lines = (
            DeviceLine(device=line.device, spans=(*told.get(line.device, ()), *_from(line.spans, until)))
            for line in found.devices
        )
        return replace(found, devices=tuple(lines))


def foreseen(stand: Stand, device: str | None, at: datetime) -> Why:
    """Why a device, or the node, will do what it will do at a moment to come, as far as the rules tell.

    Raises:
        Problem: there is no such device.
    """
    situation = stand.situation
    found = [
        explain(
            stand.rules,
            stand.zone,
            at,
            stand.at,
            each,
            stand.overrides,
            situation.facts,
            stand.prices,
            blocked=situation.blocked,
        )
        for each in situation.devices
        if device in (None, each.device)
    ]
    if not found:
        raise Problem(f"{device or 'the node'}: there is no such device", ExitCode.UNMEASURED)
    if device is not None:
        return why_of(found[0], at, is_future=True)
    return why_node(together(found), at, is_future=True)


def why_of(decision: Decision, at: datetime, *, is_future: bool = False) -> Why:
    """A decision as an answer."""
    return Why(
        at=at,
        device=decision.device,
        state=decision.state.value,
        sentence=_sentence(decision.device, decision.state, decision.reason.sentence, is_future=is_future),
        reasons=decision.reasons,
        is_future=is_future,
    )


def why_node(node: NodeDecision, at: datetime, *, is_future: bool = False) -> Why:
    """The node's, by the reason that most of its devices share."""
    reasons = () if node.reason is None else (node.reason,)
    return Why(
        at=at,
        device="node",
        state=node.state.value,
        sentence=_sentence("the node", node.state, reasons[0].sentence if reasons else None, is_future=is_future),
        reasons=reasons,
        is_future=is_future,
    )


def _sentence(name: str, state: Contribution, why: str | None, *, is_future: bool) -> str:
    words = f"{name} {'will be' if is_future else 'is'} {state.value}"
    return words if why is None else f"{words}: {why}"


def _from(spans: tuple[Span, ...], moment: datetime) -> Iterator[Span]:
    for each in spans:
        if each.end > moment:
            yield replace(each, start=max(each.start, moment))
