"""``netmind workload``: what may run for others on this machine, defined in the owner's file, started and stopped."""

from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.node_line import Host, open_line
from netmind_tui.cli.workload_add import add, remove
from netmind_tui.cli.workload_check import check
from netmind_tui.cli.workload_log import logs
from netmind_tui.cli.workload_name import Name
from netmind_tui.model.exit import ExitCode

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.model.workload import WorkloadsStatus

Json = Annotated[bool, typer.Option("--json", help="Print the document.")]

workload = typer.Typer(
    name="workload",
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Say what may run for others here. A workload is a program which runs as the agent's user.",
)


@workload.callback(invoke_without_command=True)
def _workload(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


@workload.command("list")
def list_(*, json: Json = False, host: Host = None) -> None:
    """Print the workloads, where each runs, or why it does not."""
    from netmind_tui.cli.workload_place import all_faults, listed  # noqa: PLC0415 - see above

    with all_faults():
        _print(listed(host), json=json)


@workload.command()
def start(name: Name, *, json: Json = False, host: Host = None) -> None:
    """Let a workload run again that you stopped: it starts where the schedule and its guards allow."""
    with open_line(host) as client:
        _print(client.start_workload(name), json=json, only=name)


@workload.command()
def stop(name: Name, *, json: Json = False, host: Host = None) -> None:
    """End a workload on every device, and keep it so until you start it; other workloads may take its place."""
    with open_line(host) as client:
        _print(client.stop_workload(name), json=json, only=name)


workload.command()(add)
workload.command()(remove)
workload.command()(logs)
workload.command()(check)


def _print(found: "WorkloadsStatus", *, json: bool, only: str | None = None) -> None:
    if json:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(found))
        return
    from netmind_tui.cli.harmless import harmless  # noqa: PLC0415 - see above
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above
    from netmind_tui.cli.workload_view import table  # noqa: PLC0415 - 40 ms that only tables need

    output.write(table(harmless(found), page_for(None), only=only))
