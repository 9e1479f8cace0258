"""``netmind earnings verify``: whether the books are sound, entry by entry."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.ledger.reader import Head
    from netmind_tui.model.books import LedgerVerification

_OFFERED = (Format.TABLE, Format.JSON)
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
_TOLD_EVERY_S = 1.0


def verify(
    *,
    head: Annotated[
        str | None,
        typer.Option(
            "--head", metavar="NUMBER:HASH", help="An entry that you know from before: it must still be there."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="PATH", help="Another ledger: a backup, or what was exported as jsonl."),
    ] = None,
    requested: Annotated[Format | None, typer.Option("--format", help="table or json; a table unless given.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Check the whole chain, every balance and every sum; 1 where something is wrong, with the first entry that is."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    output.check(path)
    known = None if head is None else _head(head)
    found = _looked_through(file, known)
    if share:
        from netmind_tui.cli.share import redactor  # noqa: PLC0415 - only a shared document needs it

        found = redactor().redact(found)
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(found), path)
    else:
        from netmind_tui.cli.ledger_view import table  # noqa: PLC0415 - 40 ms that only tables need
        from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above

        output.write(table(found, page_for(path)), path)
    return ExitCode.OK if found.verdict == "pass" else ExitCode.FAILED


def _looked_through(file: Path | None, known: "Head | None") -> "LedgerVerification":
    from netmind_tui.cli.earnings_place import find_books, read_books  # noqa: PLC0415 - see above
    from netmind_tui.ledger.export.check import holds_lines  # noqa: PLC0415 - see above
    from netmind_tui.ledger.verify import verify as look_through  # noqa: PLC0415 - see above
    from netmind_tui.model.books import LedgerFlaw, LedgerHead, LedgerVerification  # noqa: PLC0415 - see above
    from netmind_tui.model.finding import Status  # noqa: PLC0415 - see above

    if file is not None and not file.exists():
        raise Problem(f"--file {file}: there is no such file", ExitCode.USAGE)
    if file is not None and holds_lines(file):
        return _lines_looked_through(file, known)
    with find_books() as books, read_books(file or books.path) as reader:
        place = str(file or books.path)
        if reader is None:
            lost = () if known is None else (LedgerFlaw(what=f"there are no books, and no entry {known.number}"),)
            return LedgerVerification(path=place, verdict=Status.FAIL if lost else Status.PASS, flaws=lost)
        found = look_through(reader, known=known, progress=_Teller())
        return LedgerVerification(
            path=place,
            verdict=Status.PASS if found.is_sound else Status.FAIL,
            entries=reader.head().number,
            sound=found.sound,
            head=LedgerHead(number=found.head.number, hash=found.head.hash.hex()),
            flaws=tuple(LedgerFlaw(what=each.what, number=each.number, id=each.id) for each in found.flaws),
        )


def _lines_looked_through(file: Path, known: "Head | None") -> "LedgerVerification":
    from netmind_tui.ledger.export.check import checked_file  # noqa: PLC0415 - see above
    from netmind_tui.model.books import LedgerFlaw, LedgerHead, LedgerVerification  # noqa: PLC0415 - see above
    from netmind_tui.model.finding import Status  # noqa: PLC0415 - see above

    try:
        found = checked_file(file, known)
    except Problem as problem:
        if problem.code is not ExitCode.FAILED:
            raise
        return LedgerVerification(path=str(file), verdict=Status.FAIL, flaws=(LedgerFlaw(what=problem.sentence),))
    return LedgerVerification(
        path=str(file),
        verdict=Status.PASS,
        entries=found.entries,
        sound=found.entries,
        head=LedgerHead(number=found.head.number, hash=found.head.hash.hex()),
    )


def _head(text: str) -> "Head":
    from netmind_tui.ledger.reader import Head  # noqa: PLC0415 - see above

    found = _HEAD.fullmatch(text.strip().lower())
    if found is None:
        words = "expected an entry's number and its hash: 4711: and 64 hexadecimal digits, as this command prints them"
        raise Problem(f"--head {text[:80]}: {words}", ExitCode.USAGE)
    return Head(number=int(found[1]), hash=bytes.fromhex(found[2]))


class _Teller:
    """Says on a terminal, once a second, how far it is."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY_S and diagnostics.is_terminal():
            self._told_at = now
            diagnostics.say(f"netmind: {done:,} of {total:,} entries")
