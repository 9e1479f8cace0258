"""``netmind identity``: the node's key, as far as others may know it; its successor; and its end."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, ending, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# The key is opened inside the commands: others do without its 40 ms.
if TYPE_CHECKING:
    from netmind_tui.certify.identity import Identity

identity = typer.Typer(
    name="identity",
    no_args_is_help=False,
    rich_markup_mode=None,
    help="The key that signs for this node: who it is, which comes next, and its end.",
)
_FORMATS = (Format.TABLE, Format.JSON)


@identity.callback(invoke_without_command=True)
def _identity(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


@identity.command()
def show(
    *,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[Format | None, typer.Option("--format", help="table or json.", show_choices=False)] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> None:
    """Print the public key, since when it is, the keys before it, and where all that lies; makes nothing."""
    chosen = output.choose(form, json=json, offered=_FORMATS)
    output.check(path)
    found = _open().look()
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - 20 ms that only documents need

        output.write(encode_pretty(found), path)
    else:
        from netmind_tui.cli import identity_view  # noqa: PLC0415 - 40 ms that only tables need

        output.write(identity_view.table(found, page_for(path)), path)


@identity.command("export-public")
def export_public(
    *,
    word: Annotated[str, typer.Option(help="What the verifier's list calls this node.")] = "netmind-node",
    pem: Annotated[bool, typer.Option("--pem", help="As a PEM file, for other programs.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> None:
    """Print the public key as a line for the list that a verifier gives to --trust."""
    if not word.isprintable() or "#" in word or len(word) > 80 or not word.strip():  # noqa: PLR2004 - a line's length
        raise Problem(f"--word {word[:80]!r}: up to 80 printable signs without # are expected", ExitCode.USAGE)
    output.check(path)
    public = _open().public(_now())
    if pem:
        from netmind_tui.certify.node_key import public_pem  # noqa: PLC0415 - see above

        output.write(public_pem(public), path)
    else:
        output.write(f"{public} {word.strip()}\n", path)


@identity.command()
def rotate(
    *,
    new: Annotated[
        bool, typer.Option("--new", help="After a revocation: another key, which the old one does not name.")
    ] = False,
    path: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write the statement here, for those who verify.")
    ] = None,
) -> None:
    """Make a new key, named by the old one in a signed statement; prints the new public key.

    Whoever trusts the old key gives the statement to verify, beside the certificates, and trusts the new one. The old
    key is kept, and signs nothing any more.
    """
    if new and path is not None:
        raise Problem("-o with --new: there is no statement, for nothing links the two keys", ExitCode.USAGE)
    output.check(path)
    own = _open()
    if new:
        output.line(own.replace(_now()))
        return
    statement, kept = own.rotate(_now())
    diagnostics.say(f"netmind: the old key named the new one; the statement is kept as {kept}")
    if path is not None:
        try:
            output.write(statement.decode(), path)
        except Problem as problem:
            words = f"{problem.sentence.removesuffix('; nothing was changed')}; the key was rotated: copy {kept}"
            raise Problem(words, problem.code) from problem
    output.line(own.public(_now()))


@identity.command()
def revoke(
    *,
    path: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the statement goes: keep it elsewhere, and safe.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="From when on nothing holds that it signed: 2026-11-22T14:30Z; now unless given."
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for those who read it.")] = None,
    key: Annotated[str | None, typer.Option(help="A retired key of this node; the present one unless given.")] = None,
    apply: Annotated[
        Path | None, typer.Option("--apply", metavar="FILE", help="End the key of this statement here, for good.")
    ] = None,
) -> None:
    """Make a statement by which the key ends itself, to be kept elsewhere; or apply one with --apply.

    Making it changes nothing: the key signs on. Whoever gets hold of the statement can end the key, so keep it as you
    would keep the key. If the key is lost or stolen, give the statement to those who verify, and apply it here.
    """
    own = _open()
    if apply is not None:
        for name, wish in (("-o", path), ("--since", since), ("--reason", reason), ("--key", key)):
            if wish is not None:
                raise Problem(f"{name} with --apply: the statement says everything already", ExitCode.USAGE)
        ended = own.end(apply, _now())
        output.line(f"{ended.node_key} ended on {ended.since}")
        diagnostics.say("netmind: it signs nothing any more; give the statement to those who verify")
        return
    if path is None:
        raise Problem("revoke: -o FILE is expected, on another disk than the key's; or --apply FILE", ExitCode.USAGE)
    ending.check_reason(reason)
    output.check(path)
    moment = _now() if since is None else ending.moment_of(since)
    ending.write_private(path, own.revoke(moment, reason, key).decode())
    diagnostics.say(f"netmind: {path} ends the key for everything signed after {moment}, once it is given to others")
    diagnostics.say("netmind: until then the key signs on; keep the file elsewhere, where nobody else finds it")


def _open() -> "Identity":
    from netmind_tui.certify.identity import Identity  # noqa: PLC0415 - see above
    from netmind_tui.paths import identity_dir  # noqa: PLC0415 - see above

    return Identity(identity_dir())


def _now() -> str:
    from netmind_tui.certify.moment import written  # noqa: PLC0415 - see above

    return written(datetime.now(UTC))
