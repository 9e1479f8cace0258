"""``netmind verify``: what a certificate shows, checked offline, and what it does not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netmind_tui.certify.statement import Statement
    from netmind_tui.certify.trust import Trust
    from netmind_tui.model.verification import Verification

FORMATS = (Format.TABLE, Format.JSON)


def verify(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Certificates, and the rotations and revocations of keys that came with them."
        ),
    ],
    *,
    nonce: Annotated[
        str | None, typer.Option(help="The word that you gave; it must have been measured after that.")
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="KEYS", help="Whom you believe: a file of public keys, one a line; repeatable."),
    ] = None,
    trust_challenger: Annotated[
        list[Path] | None,
        typer.Option(metavar="KEYS", help="Whose clock you believe: a file of challengers' keys; repeatable."),
    ] = None,
    allow_unknown_signer: Annotated[
        bool, typer.Option("--allow-unknown-signer", help="Whoever signed it, if nothing was changed since.")
    ] = False,
    revocations: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A statement by which a key ended itself; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[Format | None, typer.Option("--format", help="table or json.", show_choices=False)] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Check certificates offline: who signed them, whether anything was changed, and what they show."""
    chosen = output.choose(form, json=json, offered=FORMATS)
    output.check(path)
    # Everything that verifies is imported here: other commands do without its 90 ms.
    from dataclasses import replace  # noqa: PLC0415 - see above

    from netmind_tui.certify import trust as believed  # noqa: PLC0415 - see above
    from netmind_tui.certify.nonce import check_nonce  # noqa: PLC0415 - see above
    from netmind_tui.certify.verify import Terms  # noqa: PLC0415 - see above
    from netmind_tui.certify.verify import verify as check  # noqa: PLC0415 - see above
    from netmind_tui.model.verification import exit_code  # noqa: PLC0415 - see above

    if nonce is not None:
        check_nonce(nonce)
    keys = {key: word for each in trust for key, word in believed.read_keys(each).items()} if trust else None
    clocks = (
        {key: word for each in trust_challenger for key, word in believed.read_keys(each).items()}
        if trust_challenger
        else None
    )
    ends = [believed.read_revocation(each) for each in revocations or ()]
    certificates, statements = believed.told_apart(_named(files))
    if not certificates:
        words = "only statements of keys were given: name the certificate that is to be verified, too"
        raise Problem(words, ExitCode.USAGE)
    terms = Terms(
        now=datetime.now(UTC),
        nonce=nonce,
        trust=believed.of(keys, statements.values(), ends, unknown=allow_unknown_signer),
        challengers=clocks,
    )
    verification = check(certificates, terms)
    verification = replace(verification, notes=(*_said(statements, terms.trust), *verification.notes))
    show(verification, chosen, path)
    return exit_code(verification)


def show(verification: "Verification", chosen: Format, path: Path | None) -> None:
    """Write the report."""
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see verify

        output.write(encode_pretty(verification), path)
    else:
        from netmind_tui.cli import verify_view  # noqa: PLC0415 - 40 ms that only tables need

        output.write(verify_view.table(verification, page_for(path)), path)


def _named(files: "list[Path]") -> "list[Path]":
    """The files to look at, once each: a result document whose certificate was named, too, is checked with that."""
    from netmind_tui.certify.naming import RESULT, result_name  # noqa: PLC0415 - see verify

    beside = {file.with_name(result_name(file)) for file in files if not file.name.endswith(RESULT)}
    return [file for file in dict.fromkeys(files) if file not in beside]


def _said(statements: "dict[Path, Statement]", trust: "Trust") -> "Iterator[str]":
    """What each statement of a key says, for the notes."""
    from netmind_tui.certify.statement import short  # noqa: PLC0415 - see verify
    from netmind_tui.model.certificate import Revocation, Rotation  # noqa: PLC0415 - see verify

    for path, statement in statements.items():
        said, key = statement.predicate, short(statement.key)
        if isinstance(said, Rotation):
            late = "" if trust.could_name(said) else ": it had ended itself before, so that counts for nothing"
            yield f"{path.name}: {key} named {short(said.new_key)} its successor on {said.at}{late}"
        elif isinstance(said, Revocation):
            reason = f" ({said.reason})" if said.reason else ""
            yield f"{path.name}: {key} ended itself on {said.since}{reason}"
