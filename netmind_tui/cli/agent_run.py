"""``netmind agent run``: the process itself, and what of it is told on stderr."""

import logging

import typer

from netmind_tui.cli import diagnostics
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.assemble import Said, run_agent


class _Warnings(logging.Handler):
    """What the parts of the agent log, as warnings on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say one."""
        diagnostics.warn(self.format(record))


def be_agent() -> int:
    """Run until a signal ends it; the code to end with.

    Raises:
        Problem: it cannot begin: another one runs, its files or its socket cannot be there, or the node is at home on
            another machine.
    """
    logging.basicConfig(handlers=[_Warnings()], level=logging.WARNING, force=True)
    try:
        return run_agent(Said(ready=_ready))
    except (Problem, typer.Exit):
        raise
    except Exception:
        # With its traceback for whoever mends it, and with its own code for whoever starts it again.
        logging.getLogger(__name__).exception("the agent ends by a fault of its own; please report it")
        return ExitCode.CRASHED


def _ready(socket: str) -> None:
    diagnostics.say(f"netmind: the agent runs and answers at {socket}; netmind status shows it, Ctrl-C ends it")
