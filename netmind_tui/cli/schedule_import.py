"""``netmind schedule import``: the busy times of a calendar become exceptions during which nothing runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from netmind_tui.cli import diagnostics, output

_MOST_SHOWN = 10


def import_calendar(
    file: Annotated[Path, typer.Argument(metavar="FILE.ics", help="An iCalendar file.")],
    *,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What its times are called; else their own words.")
    ] = None,
    devices: Annotated[
        list[str] | None, typer.Option("--devices", metavar="DEVICES", help="Only these devices; all without it.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take out what this file brought before and no longer has.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print what would change.")] = False,
) -> None:
    """Put the busy times of the next 60 days into the policy; prints changed or unchanged, and what changes."""
    # Imported here: see cli/node_line.py.
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    from netmind_tui.cli.schedule_place import all_faults, commit, in_force  # noqa: PLC0415 - see above
    from netmind_tui.model.week_word import exception_words  # noqa: PLC0415 - see above
    from netmind_tui.node.policy.calendar_import import imported, read_calendar, source_name  # noqa: PLC0415 - see above

    chosen, called = _named(devices), _called(name)
    with all_faults(), in_force() as found:
        before = found.source()
        zone, now = ZoneInfo(before.policy.zone), datetime.now(UTC)
        busy = read_calendar(file, zone, before.policy.zone, now)
        for remark in busy.remarks:
            diagnostics.warn(f"{file}: {remark}")
        today = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        result = imported(
            before, called or source_name(file.name), busy.times, today, devices=chosen, name=called, replaces=replace
        )
        if not dry_run and result.after is not before:
            commit(found, before, result.after)
        output.line("unchanged" if result.after is before else "changed")
        for sign, times in (("+", result.added), ("-", result.removed)):
            for each in times[:_MOST_SHOWN]:
                output.line(f"{sign} {exception_words(each)}")
            if len(times) > _MOST_SHOWN:
                output.line(f"{sign} and {len(times) - _MOST_SHOWN} more")
        free = f", {busy.free} free or cancelled" if busy.free else ""
        diagnostics.say(f"{file}: {len(busy.times)} busy times in 60 days{free}; {result.kept} were there already")


def _named(devices: list[str] | None) -> tuple[str, ...]:
    from netmind_tui.model.exit import ExitCode  # noqa: PLC0415 - see above
    from netmind_tui.model.problem import Problem  # noqa: PLC0415 - see above
    from netmind_tui.node.policy import value  # noqa: PLC0415 - see above

    if devices is None:
        return ()
    value.forget()
    try:
        return value.devices(devices)
    except ValueError as error:
        raise Problem(f"--devices: {error}", ExitCode.USAGE) from error


def _called(name: str | None) -> str | None:
    from netmind_tui.model.exit import ExitCode  # noqa: PLC0415 - see above
    from netmind_tui.model.problem import Problem  # noqa: PLC0415 - see above
    from netmind_tui.node.policy.value import word  # noqa: PLC0415 - see above

    try:
        return None if name is None else word(name)
    except ValueError as error:
        raise Problem(f"--name: {error}", ExitCode.USAGE) from error
