"""``netmind schedule preview`` and ``explain``: what a policy, or the draft of one, will do and why."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.node_line import Host

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from netmind_tui.model.policy import Policy
    from netmind_tui.model.timeline import Timeline

_MOST_DAYS = 60
_DEVICE = typer.Option("--device", metavar="DEVICE", help="Only this device; may be given again.", show_default=False)


def preview(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A draft; - reads stdin; without it the policy in force."),
    ] = None,
    *,
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=_MOST_DAYS, help="How many days.")] = 7,
    device: Annotated[list[str] | None, _DEVICE] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
    host: Host = None,
) -> None:
    """Print what will be: each day as a picture, the next changes, and the hours that each rule takes."""
    from netmind_tui.cli.schedule_place import all_faults, draft, in_force  # noqa: PLC0415 - see above
    from netmind_tui.cli.schedule_seen import seen  # noqa: PLC0415 - see above

    output.check(path)
    with all_faults(), in_force(host, whatever=file is not None) as found:
        policy = found.document.policy if file is None else draft(file).policy
        here = seen(found.client).narrowed(device or [])
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

        from netmind_tui.model.forecast import forecast  # noqa: PLC0415 - see above

        zone, now = ZoneInfo(policy.zone), datetime.now(UTC)
        # What guards say now was asked by the policy in force: of a draft's nobody knows yet.
        facts = here.facts if file is None else ()
        timeline: Timeline = forecast(
            here.resolved(policy), zone, now, now, _midnight(now, zone, days), here.states, here.overrides, facts
        )
    _say_what_is_left_out(policy, is_seen=found.client is not None and file is None)
    if json:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(timeline), path)
        return
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above
    from netmind_tui.cli.preview_view import table  # noqa: PLC0415 - see above

    title = f"{found.path}" if file is None else f"{file}, a draft"
    output.write(table(timeline, policy, zone, title, page_for(path)), path)


def explain(
    *,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Then: 18:00, tomorrow 07:00, 2026-11-27T18:00; now.")
    ] = None,
    device: Annotated[list[str] | None, _DEVICE] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
    host: Host = None,
) -> None:
    """Say what the policy in force decides for each device at a moment: every reason, ranked, and what lifts it."""
    from netmind_tui.cli.moment import Tense, read_moment  # noqa: PLC0415 - see above
    from netmind_tui.cli.schedule_place import all_faults, in_force  # noqa: PLC0415 - see above
    from netmind_tui.cli.schedule_seen import seen  # noqa: PLC0415 - see above

    with all_faults(), in_force(host) as found:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

        from netmind_tui.model.explanation import Explanation  # noqa: PLC0415 - see above
        from netmind_tui.model.forecast import explain as decided  # noqa: PLC0415 - see above

        policy = found.document.policy
        zone, now = ZoneInfo(policy.zone), datetime.now(UTC)
        moment = now if at is None else read_moment(at, now, option="--at", zone=zone, tense=Tense.ANY)
        here = seen(found.client).narrowed(device or [])
        terms = here.resolved(policy)
        document = Explanation(
            at=moment,
            zone=policy.zone,
            path=None if found.data is None else str(found.path),
            devices=tuple(decided(terms, zone, moment, now, each, here.overrides, here.facts) for each in here.states),
        )
    _say_what_is_left_out(policy, is_seen=found.client is not None)
    if json:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(document))
        return
    from netmind_tui.cli.explain_view import words  # noqa: PLC0415 - see above
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above

    output.write(words(document, zone, page_for(None)))


def _say_what_is_left_out(policy: "Policy", *, is_seen: bool) -> None:
    """Say so where nobody knows what the guards see."""
    if policy.guards and not is_seen:
        diagnostics.say("guards are not counted: no agent looks for this policy; netmind schedule check does once")


def _midnight(now: datetime, zone: "ZoneInfo", days: int) -> datetime:
    """The beginning of the day in so many days, on the wall of a zone."""
    from netmind_tui.cli.moment import wall_moments  # noqa: PLC0415 - see above

    day = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return wall_moments(day, zone)[0]
