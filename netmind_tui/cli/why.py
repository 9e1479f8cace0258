"""``netmind why``: why a device, or the node, does what it does; now, in the past, or in the future."""

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.node_line import Host, expanded, open_line
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.model.agent import Why


def why(
    device: Annotated[str | None, typer.Argument(help="A device, such as gpu:5; the node without one.")] = None,
    *,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Then instead of now: 18:00, tomorrow 07:00 …")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
    host: Host = None,
) -> int:
    """Say why a device does what it does, and what would change it."""
    from netmind_tui.cli.moment import Tense, read_moment  # noqa: PLC0415 - see above
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above

    now = datetime.now(UTC)
    moment = None if at is None else read_moment(at, now, option="--at", tense=Tense.ANY)
    try:
        with open_line(host) as client:
            asked = None if device is None else expanded([device])[0]
            found = client.why(asked, moment)
            if moment is None:
                from dataclasses import replace  # noqa: PLC0415 - see above

                from netmind_tui.cli.work_word import sentences  # noqa: PLC0415 - see above

                found = replace(found, work=sentences(client.status(), asked))
            _print(found, json=json, now=now)
            return ExitCode.OK
    except NoAgent as none:
        if host is not None or not none.is_absent:
            raise
        from netmind_tui.node.offline import offline_why  # noqa: PLC0415 - see above

        _print(offline_why(device, moment or now), json=json, now=now)
        diagnostics.fail(none.sentence)
        return ExitCode.UNMEASURED


def _print(document: "Why", *, json: bool, now: datetime) -> None:
    if json:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(document))
        return
    from netmind_tui.cli.harmless import harmless  # noqa: PLC0415 - see above

    output.write(words(harmless(document), now, page_for(None).width))


def words(document: "Why", now: datetime, width: int) -> str:
    """One paragraph, then what works, then the reasons by rank, each with what would lift it."""
    from netmind_tui.cli.state_word import when  # noqa: PLC0415 - see above

    is_then = document.is_past or document.is_future
    told = f"{when(document.at, now)}: {document.sentence}" if is_then else document.sentence
    lines = textwrap.wrap(told.rstrip(".") + ".", width)
    for each in document.work:
        lines += textwrap.wrap(f"{each}.", width, initial_indent=" ·  ", subsequent_indent="    ")
    for rank, reason in enumerate(document.reasons, 1):
        parts = [f"{reason.sentence} ({reason.code})"]
        if reason.until is not None:
            parts.append(f"until {when(reason.until, now)}")
        if reason.when:
            parts.append(f"until {reason.when}" if not reason.when.startswith(("until", "when")) else reason.when)
        if reason.evidence:
            parts.append(reason.evidence)
        if reason.lift:
            parts.append(f"lift: {reason.lift}")
        lines += textwrap.wrap("; ".join(parts), width, initial_indent=f"{rank:>2}. ", subsequent_indent="    ")
    return "\n".join(lines) + "\n"
