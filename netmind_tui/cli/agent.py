"""``netmind agent``: the service that keeps the owner's terms."""

import typer

from netmind_tui.cli import diagnostics
from netmind_tui.cli.agent_install import install, uninstall
from netmind_tui.cli.agent_unit import logs, status
from netmind_tui.model.exit import ExitCode

agent = typer.Typer(
    name="agent",
    help="Keep the owner's terms: a service that watches this machine and decides when it works for others.",
    no_args_is_help=False,
    rich_markup_mode=None,
)


@agent.callback(invoke_without_command=True)
def _agent(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


@agent.command()
def run() -> int:
    """Be this machine's agent until it is stopped (Ctrl-C, SIGTERM); SIGHUP reads the policy again."""
    # Imported here: the socket's library, the journal and logging, which only this command needs.
    from netmind_tui.cli.agent_run import be_agent  # noqa: PLC0415 - see above

    return be_agent()


agent.command()(install)
agent.command()(uninstall)
agent.command()(status)
agent.command()(logs)
