"""``netmind agent``: the service that keeps the owner's terms."""

import logging

import typer

from netmind_tui.cli import diagnostics
from netmind_tui.cli.agent_install import install, uninstall
from netmind_tui.cli.agent_unit import logs, status
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

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
    # Imported here: the socket's library and the journal, which only this command needs.
    from netmind_tui.node.agent.assemble import Said, run_agent  # noqa: PLC0415 - see above

    logging.basicConfig(handlers=[_Warnings()], level=logging.WARNING, force=True)
    try:
        return run_agent(Said(ready=_ready))
    except (Problem, typer.Exit):
        raise
    except Exception:
        # With its traceback for whoever mends it, and with its own code for whoever starts it again.
        logging.getLogger(__name__).exception("the agent ends by a fault of its own; please report it")
        return ExitCode.CRASHED


agent.command()(install)
agent.command()(uninstall)
agent.command()(status)
agent.command()(logs)


def _ready(socket: str) -> None:
    diagnostics.say(f"netmind: the agent runs and answers at {socket}; netmind status shows it, Ctrl-C ends it")


class _Warnings(logging.Handler):
    """What the parts of the agent log, as warnings on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say one."""
        diagnostics.warn(self.format(record))
