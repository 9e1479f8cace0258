"""The name of a workload as an argument: refused here where no workload could have it."""

from typing import Annotated

import typer

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


def _checked(given: str) -> str:
    # Imported here: what reads values costs the command's help nothing.
    from netmind_tui.node.work.value import name  # noqa: PLC0415 - see above

    try:
        return name(given)
    except ValueError as error:
        raise Problem(f"NAME: {error}", ExitCode.USAGE) from None


Name = Annotated[str, typer.Argument(metavar="NAME", help="The workload's name.", callback=_checked)]
"""The argument of every command about a workload that is there."""
