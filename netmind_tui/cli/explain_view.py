"""Why, for people: what each device would do at a moment, equal ones together, and every reason by its rank."""

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, tzinfo

from netmind_tui.cli.page import Page
from netmind_tui.model.decision import Decision, Reason
from netmind_tui.model.explanation import Explanation
from netmind_tui.model.selector import ranges


def words(document: Explanation, zone: tzinfo, page: Page) -> str:
    """All of it."""
    lines = [f"{document.at.astimezone(zone):%a %Y-%m-%d %H:%M} {document.zone}, if there is work:"]
    groups: dict[Decision, list[str]] = {}
    for each in document.devices:
        groups.setdefault(_without_name(each), []).append(each.device)
    for names in groups.values():
        first = next(each for each in document.devices if each.device == names[0])
        until = "" if first.until is None else f" until {_clock(first.until, document.at, zone)}"
        lines += ["", f"{ranges(names)}: {first.state}{until}"]
        for rank, reason in enumerate(first.reasons, 1):
            text = f"{rank}. {'; '.join(_parts(reason, document.at, zone))}"
            lines += textwrap.wrap(text, page.width, initial_indent="  ", subsequent_indent="     ")
    return "\n".join(lines) + "\n"


def _parts(reason: Reason, at: datetime, zone: tzinfo) -> Iterator[str]:
    yield f"{reason.sentence} ({reason.code})"
    if reason.is_overridden:
        yield "does not count, because you said so"
    if reason.until is not None:
        yield f"until {_clock(reason.until, at, zone)}"
    if reason.when is not None:
        yield reason.when
    if reason.evidence is not None:
        yield reason.evidence
    if reason.lift is not None:
        yield f"lift: {reason.lift}"


def _clock(moment: datetime, at: datetime, zone: tzinfo) -> str:
    here, then = moment.astimezone(zone), at.astimezone(zone)
    return f"{here:%H:%M}" if here.date() == then.date() else f"{here:%a %Y-%m-%d %H:%M}"


def _without_name(decision: Decision) -> Decision:
    """The decision as another device with the same fate would have it."""

    def plain(text: str | None) -> str | None:
        return text and text.replace(decision.device, "")

    reasons = tuple(
        replace(each, sentence=each.sentence.replace(decision.device, ""), when=plain(each.when), lift=plain(each.lift))
        for each in decision.reasons
    )
    return replace(decision, device="", reasons=reasons)
