"""The command ``netmind-tui``: until there is an interface, it says so and names the commands that do the same."""

import argparse
import sys

from netmind_tui import __version__
from netmind_tui.model.exit import ExitCode

_NOT_YET = (
    "netmind-tui: there is no interface in this version; use `netmind info` to see this machine "
    "and `netmind bench` to measure it\n"
)


def run() -> None:
    """Start the interface and end the process with its code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Say that there is nothing to start.

    The code is ``UNMEASURED``, the one for what cannot be done here: the command line was right (so not ``USAGE``),
    nothing was judged (``FAILED``) and nothing broke (``CRASHED``). A script that starts it must not read success.
    """
    parser = argparse.ArgumentParser(prog="netmind-tui", description="The terminal interface; not in this version.")
    parser.add_argument("--version", action="version", version=f"netmind-tui {__version__}")
    parser.parse_args(arguments)
    sys.stderr.write(_NOT_YET)
    return ExitCode.UNMEASURED
