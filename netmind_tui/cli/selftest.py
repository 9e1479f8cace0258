"""``netmind-selftest``: work to try a node with, as a command of its own, because a workload is a program."""

import os
import sys
from typing import Annotated

import typer

from netmind_tui.cli import output
from netmind_tui.cli.main import ended
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

_LOAD_MOST = 100


def selftest(
    *,
    load: Annotated[
        float, typer.Option("--load", metavar="PCT", help="How much of the time to work, in per cent (default 50).")
    ] = 50.0,
    for_: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long: 90s, 10m, 1h30m; until it is ended unless given.")
    ] = "",
    kernel: Annotated[
        str, typer.Option("--kernel", metavar="ID", help="gemm.int8 (the default, exact) or gemm.fp32.")
    ] = "gemm.int8",
) -> None:
    """Keep the devices that NETMIND_DEVICES and CUDA_VISIBLE_DEVICES name at work, or else the CPU; check the results.

    A line every ten seconds says how it goes. It ends with 1 where a result is wrong.
    """
    from netmind_tui.node.policy.time import length_s  # noqa: PLC0415 - --help needs none of these
    from netmind_tui.node.work.selftest import KERNELS, SelfTest, Wish  # noqa: PLC0415 - see above

    if not 1 <= load <= _LOAD_MOST:
        raise Problem(f"--load {load:g}: expected per cent of the time, from 1 to 100", ExitCode.USAGE)
    if kernel not in KERNELS:
        raise Problem(f"--kernel {kernel}: there is no such work; {nearest(kernel, list(KERNELS))}", ExitCode.USAGE)
    try:
        for_s = length_s(for_) if for_ else None
    except ValueError as error:
        raise Problem(f"--for: {error}", ExitCode.USAGE) from None
    if for_s == 0:
        raise Problem("--for 0s: expected a length of time of at least 1s", ExitCode.USAGE)
    SelfTest(Wish(kernel=kernel, load_pct=load, for_s=for_s), os.environ, output.line).run()


def made() -> typer.Typer:
    """The command line."""
    app = typer.Typer(
        name="netmind-selftest",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command()(selftest)
    return app


def run() -> None:
    """Run the command and end the process with the code that its outcome has."""
    sys.exit(ended(made(), sys.argv[1:], "netmind-selftest"))


if __name__ == "__main__":
    run()
