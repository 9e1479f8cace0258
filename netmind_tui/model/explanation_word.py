"""Why, in words: what devices would do at a moment, equal ones together, and every reason by its rank."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decision import Decision, Reason
from netmind_tui.model.explanation import Explanation
from netmind_tui.model.selector import ranges


@dataclass(frozen=True, slots=True)
class Group:
    """Devices with one fate: who they are, what they do until when, and the reasons, ranked."""

    names: str
    decision: Decision
    head: str
    reasons: tuple[str, ...]

    @property
    def state(self) -> Contribution:
        """What they do."""
        return self.decision.state


def title(document: Explanation, zone: tzinfo) -> str:
    """Of which moment it is told."""
    return f"{document.at.astimezone(zone):%a %Y-%m-%d %H:%M} {document.zone}, if there is work:"


def groups(document: Explanation, zone: tzinfo) -> list[Group]:
    """All of it, in the order of the devices."""
    found: dict[Decision, list[str]] = {}
    for each in document.devices:
        found.setdefault(_without_name(each), []).append(each.device)
    told = []
    for names in found.values():
        first = next(each for each in document.devices if each.device == names[0])
        until = "" if first.until is None else f" until {clock(first.until, document.at, zone)}"
        together = ranges(names)
        # Told of the first of them, and so of each.
        reasons = tuple(
            re.sub(rf"\b{re.escape(first.device)}(?!\d)", together, "; ".join(_parts(each, document.at, zone)))
            for each in first.reasons
        )
        told.append(Group(together, first, f"{together}: {first.state}{until}", reasons))
    return told


def clock(moment: datetime, at: datetime, zone: tzinfo) -> str:
    """A moment on the owner's wall, with its date where that is another."""
    here, then = moment.astimezone(zone), at.astimezone(zone)
    return f"{here:%H:%M}" if here.date() == then.date() else f"{here:%a %Y-%m-%d %H:%M}"


def _parts(reason: Reason, at: datetime, zone: tzinfo) -> Iterator[str]:
    yield f"{reason.sentence} ({reason.code})"
    if reason.is_overridden:
        yield "does not count, because you said so"
    if reason.until is not None:
        yield f"until {clock(reason.until, at, zone)}"
    if reason.when is not None:
        yield reason.when
    if reason.evidence is not None:
        yield reason.evidence
    if reason.lift is not None:
        yield f"lift: {reason.lift}"


def _without_name(decision: Decision) -> Decision:
    """The decision as another device with the same fate would have it."""

    def plain(text: str | None) -> str | None:
        return text and text.replace(decision.device, "")

    reasons = tuple(
        replace(each, sentence=each.sentence.replace(decision.device, ""), when=plain(each.when), lift=plain(each.lift))
        for each in decision.reasons
    )
    return replace(decision, device="", reasons=reasons)
