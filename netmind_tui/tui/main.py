"""The command ``netmind-tui``: refuses what it cannot work with in one sentence, and starts the interface."""

import argparse
import os
import sys
from pathlib import Path

from netmind_tui import __version__
from netmind_tui.model.problem import Problem
from netmind_tui.tui import terminal


def run() -> None:
    """Start the interface and end the process with its code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Read the command line, and show the machine until whoever watches leaves."""
    options = _parser().parse_args(arguments)
    try:
        terminal.check(os.environ)
        # The interface is loaded only now: a refusal needs none of it.
        from netmind_tui.tui.start import Wishes, start  # noqa: PLC0415 - see above

        wishes = Wishes(
            hosts=_hosts(options.host),
            demo=options.demo,
            replay=options.replay,
            record=options.record,
            inline=options.inline,
            read_only=options.read_only,
            ascii_only=options.ascii,
            theme=options.theme,
        )
        return start(wishes, os.environ)
    except Problem as problem:
        # Names of files, and what stands in them, are not for the terminal to obey.
        sentence = "".join(sign if sign.isprintable() else "?" for sign in problem.sentence)
        sys.stderr.write(f"netmind-tui: {sentence}\n")
        return problem.code


def _hosts(names: str | None) -> tuple[str, ...]:
    """The machines that are named."""
    if names is None:
        return ()
    from netmind_tui.node.control.hosts import hosts_of  # noqa: PLC0415 - only where some are named

    return hosts_of(names)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="netmind-tui", description="See what this machine has, measure what it does, keep its schedule."
    )
    parser.add_argument("--version", action="version", version=f"netmind-tui {__version__}")
    parser.add_argument("--read-only", action="store_true", help="offer nothing that changes anything")
    parser.add_argument("--ascii", action="store_true", help="draw with plain ASCII signs")
    parser.add_argument("--inline", action="store_true", help="show three lines below the prompt")
    parser.add_argument("--theme", help="dark, light or colour-blind")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--host", metavar="NAMES", help="show agents of other machines through ssh: a,b,c or @FILE")
    source.add_argument("--demo", action="store_true", help="show a simulated machine with eight GPUs")
    source.add_argument("--replay", metavar="FILE", type=Path, help="show a recording of netmind record")
    source.add_argument("--record", metavar="FILE", type=Path, help="also write what is sampled to a new file")
    return parser
