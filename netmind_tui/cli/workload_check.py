"""``netmind workload check``: whether a file of workloads is in order, and whether what it names could run here."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.model.workload import WorkloadsCheck

_ASK_S = 5.0


def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A draft; without it the file that is obeyed.")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 also for warn.")] = False,
) -> int:
    """Check a file of workloads to the last key, and whether each could run here; nothing is started."""
    from netmind_tui.cli.schedule_seen import seen  # noqa: PLC0415 - see above
    from netmind_tui.cli.workload_place import Place, all_faults, find_place  # noqa: PLC0415 - see above
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.model.doctor import exit_code, ranked, verdict  # noqa: PLC0415 - see above
    from netmind_tui.model.workload import WorkloadsCheck  # noqa: PLC0415 - see above
    from netmind_tui.node.work.check import check as look  # noqa: PLC0415 - see above
    from netmind_tui.node.work.file import read_draft, read_source  # noqa: PLC0415 - see above

    with all_faults():
        place: Place = find_place()
        user, path = place.user(), place.path_of_programs()
        source = read_draft(file) if file is not None else read_source(place.path, user.uid)
    devices = seen(place.client).devices if any(each.devices for each in source.workloads) else ()
    found = look(source.workloads, user, devices, aliases=read_config().alias, ask=ask, path=path, file=source.path)
    document = WorkloadsCheck(path=str(source.path), verdict=verdict(found), findings=ranked(found))
    if not source.workloads:
        what = "names no workload" if source.data is not None else "is not there"
        diagnostics.warn(f"{source.path} {what}: nothing runs for others; netmind workload add makes one")
    _print(document, json=json)
    return exit_code(found, strict=strict)


def ask(words: Sequence[str]) -> str | None:
    """What a program of the system says; ``None`` where it is not there or does not answer."""
    import subprocess  # noqa: PLC0415 - 10 ms that only units need

    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_ASK_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _print(document: "WorkloadsCheck", *, json: bool) -> None:
    if json:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(document))
        return
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above
    from netmind_tui.cli.workload_view import findings  # noqa: PLC0415 - 40 ms that only tables need

    if document.findings:
        output.write(findings(document, page_for(None)))
