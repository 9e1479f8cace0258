"""``netmind schedule``: the owner's terms, shown, changed, tried out and explained."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.node_line import Host
from netmind_tui.cli.schedule_check import answer, check
from netmind_tui.cli.schedule_import import import_calendar
from netmind_tui.cli.schedule_preview import explain, preview
from netmind_tui.model.exit import ExitCode

schedule = typer.Typer(
    name="schedule",
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Show, change, try out or explain when this machine works for others.",
)


@schedule.callback(invoke_without_command=True)
def _schedule(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


@schedule.command()
def show(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
    host: Host = None,
) -> None:
    """Print the policy in force: a picture of the week, profiles, exceptions, guards."""
    # Imported here and below: what asks an agent, reads a policy or draws a table costs other commands nothing.
    from netmind_tui.cli.schedule_place import all_faults, in_force  # noqa: PLC0415 - see above

    output.check(path)
    with all_faults(), in_force(host) as found:
        if json:
            from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

            output.write(encode_pretty(found.document), path)
            return
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

        from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above
        from netmind_tui.cli.schedule_view import table  # noqa: PLC0415 - see above

        now = datetime.now(UTC).astimezone(ZoneInfo(found.document.policy.zone)).replace(tzinfo=None)
        output.write(table(found, now, page_for(path)), path)


@schedule.command("set")
def set_policy(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy; - reads stdin.")],
    *,
    host: Host = None,
) -> None:
    """Check a policy and put it in force; prints changed or unchanged, and what changes."""
    from netmind_tui.cli.schedule_place import all_faults, commit, draft, in_force  # noqa: PLC0415 - see above
    from netmind_tui.cli.schedule_view import changes  # noqa: PLC0415 - see above
    from netmind_tui.node.policy.file import PolicySource  # noqa: PLC0415 - see above

    with all_faults(), in_force(host, whatever=True) as found:
        new = draft(file)
        if found.data is not None and new.data == found.data:
            output.line("unchanged")
            return
        before = PolicySource(path=found.path, data=found.data)
        commit(found, before, replace(new, path=found.path))
        output.line("changed")
        for line in changes(found.document.policy, new.policy):
            output.line(line)
        where = "the agent keeps it from now on" if found.client else "an agent will keep it: netmind agent run"
        diagnostics.say(f"{found.path}: {where}")


schedule.command()(preview)
schedule.command()(explain)
schedule.command("import")(import_calendar)
schedule.command()(check)
schedule.command()(answer)
