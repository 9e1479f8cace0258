"""``netmind retire``: a node's stay on this machine ends, so that it can go on elsewhere."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from netmind_tui.cli import diagnostics, ending, output
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_STAY = re.compile(r"[0-9a-f]{16}")


def retire(
    *,
    path: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the signed statement goes; the other machine takes it.")
    ] = None,
    successor: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="STAY", help="The one that may follow: the 16 digits that the other machine says."
        ),
    ] = None,
) -> None:
    """End the node's stay on this machine for good: nothing here signs or writes for it any more.

    The statement lets one machine go on where a backup was restored. A backup made after this needs no statement.
    """
    if path is None:
        raise Problem("retire: -o FILE is expected: what it says lets the other machine begin", ExitCode.USAGE)
    if successor is not None and _STAY.fullmatch(successor) is None:
        words = "the 16 hexadecimal digits are expected that netmind identity show says on the other machine"
        raise Problem(f"--for {successor[:40]!r}: {words}", ExitCode.USAGE)
    output.check(path)
    # Imported here: the key and the journal's library, which only this command needs.
    from netmind_tui.node.backup.layout import Layout  # noqa: PLC0415 - see above
    from netmind_tui.node.backup.retire import retire as end  # noqa: PLC0415 - see above

    done = end(Layout.here(), successor, datetime.now(UTC))
    if done.untold is not None:
        diagnostics.warn(f"the journal could not be told: {done.untold}")
    try:
        ending.write_private(path, done.statement.decode())
    except Problem as problem:
        words = f"{problem.sentence.removesuffix('; nothing was changed')}; the node has retired all the same"
        raise Problem(f"{words}: run this again with another -o", problem.code) from problem
    before = " before; this is the same statement" if done.was_before else ""
    diagnostics.say(f"netmind: the node retired here on {done.retirement.at}{before}")
    if done.retirement.successor is None:
        diagnostics.say("netmind: whichever machine is given the statement goes on; give it to one alone")
    diagnostics.say(f"netmind: there: netmind restore --retired {path.name}")
