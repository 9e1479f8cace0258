"""``netmind challenge``: challenge nodes, list what came of it, and let a challenger choose the moment."""

from pathlib import Path
from typing import Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# Everything that challenges is imported inside the commands: others do without its 150 ms.
challenge = typer.Typer(
    name="challenge",
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Proofs of capacity by a challenger's clock: be one, or let one choose the moment.",
)
_LINES = (Format.TABLE, Format.JSONL)
_DOCUMENTS = (Format.TABLE, Format.JSON)
_MOST_SECONDS = 3600


@challenge.callback(invoke_without_command=True)
def _challenge(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


@challenge.command()
def serve(
    *,
    bind: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 takes a free one.")],
    tls: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="CERT KEY", help="A certificate and its key in PEM: needed beyond this machine."),
    ] = None,
    allow: Annotated[
        list[Path] | None,
        typer.Option(metavar="KEYS", help="Only nodes of this list, one key a line; repeatable."),
    ] = None,
    chain: Annotated[
        str | None, typer.Option(metavar="ID", help="One chain for all, such as chain.test, instead of the rule.")
    ] = None,
    call_within: Annotated[
        float, typer.Option(metavar="SECONDS", help="Nodes that wait are called at a moment within so long.")
    ] = 43200.0,
    form: Annotated[Format | None, typer.Option("--format", help="table or jsonl.", show_choices=False)] = None,
) -> int:
    """Challenge every node that asks, and print each verdict."""
    chosen = output.choose(form, json=False, offered=_LINES)
    from netmind_tui.cli.challenge_serve import Wishes  # noqa: PLC0415 - see above
    from netmind_tui.cli.challenge_serve import serve as run  # noqa: PLC0415 - see above

    return run(
        Wishes(bind=bind, tls=tls, allow=tuple(allow or ()), chain=chain, call_within_s=call_within, form=chosen)
    )


@challenge.command("list")
def show(
    *,
    node: Annotated[str | None, typer.Option(metavar="KEY", help="Only those of this node.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[Format | None, typer.Option("--format", help="table or json.", show_choices=False)] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> None:
    """Print every challenge that was begun here, finished or not, and every call; makes nothing."""
    chosen = output.choose(form, json=json, offered=_DOCUMENTS)
    output.check(path)
    from netmind_tui.certify.challenge import own_key  # noqa: PLC0415 - see above
    from netmind_tui.certify.challenge.store import STORE_FILE, Store  # noqa: PLC0415 - see above
    from netmind_tui.certify.envelope import KEY  # noqa: PLC0415 - see above
    from netmind_tui.model.challenge import CallEntry, ChallengeEntry, ChallengeLog  # noqa: PLC0415 - see above
    from netmind_tui.paths import challenger_dir  # noqa: PLC0415 - see above

    if node is not None and KEY.fullmatch(node) is None:
        raise Problem(f"--node {node[:80]}: ed25519: and 64 hexadecimal digits are expected", ExitCode.USAGE)
    folder = challenger_dir()
    key = own_key.look(folder)
    entries: tuple[ChallengeEntry, ...] = ()
    calls: tuple[CallEntry, ...] = ()
    if (folder / STORE_FILE).exists():
        store = Store(folder / STORE_FILE, looks_only=True)
        try:
            entries, calls = store.entries(node), store.calls(node)
        finally:
            store.close()
    found = ChallengeLog(challenger_key=key.public if key else None, challenges=entries, calls=calls)
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(found), path)
    else:
        from netmind_tui.cli import challenge_view  # noqa: PLC0415 - see above

        output.write(challenge_view.table(found, page_for(path)), path)


@challenge.command("export-public")
def export_public(
    *,
    word: Annotated[str, typer.Option(help="What the verifier's list calls this challenger.")] = "netmind-challenger",
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> None:
    """Print the challenger's key as a line for the list that a verifier gives to --trust-challenger."""
    if not word.isprintable() or "#" in word or len(word) > 80 or not word.strip():  # noqa: PLR2004 - a line's length
        raise Problem(f"--word {word[:80]!r}: up to 80 printable signs without # are expected", ExitCode.USAGE)
    output.check(path)
    from netmind_tui.cli.challenge_serve import challenger_key  # noqa: PLC0415 - see above

    output.write(f"{challenger_key().public} {word.strip()}\n", path)


@challenge.command()
def revoke(
    *,
    path: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the statement goes: keep it elsewhere, and safe.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="From when on no verdict counts: 2026-11-22T14:30Z; now unless given."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for those who read it.")] = None,
) -> None:
    """Make a statement by which the challenger's key ends itself, for those who verify.

    They give it to netmind verify --revocations, and no verdict from after that time counts any more. Here the key goes
    on until its file is moved away; another one is made then, which nobody lists yet.
    """
    from netmind_tui.cli.challenge_revoke import revoke as run  # noqa: PLC0415 - see above

    run(path, since, reason)


@challenge.command()
def wait(
    url: Annotated[str, typer.Argument(metavar="URL", help="The challenger, such as https://challenger.example:8443.")],
    *,
    at_most: Annotated[int, typer.Option(metavar="N", help="At most so many challenges in 24 hours.")] = 2,
    seconds: Annotated[int, typer.Option(metavar="M", help="None takes longer than so many seconds.")] = 300,
    within: Annotated[
        list[str] | None,
        typer.Option(metavar="HH:MM-HH:MM", help="Only between these times of your day; repeatable."),
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="gpu:0, gpu:0-3, gpu, cpu, a UUID …; repeatable.")
    ] = None,
    run_name: Annotated[
        str | None,
        typer.Option("--run", metavar="ID", help="Certify this kept run with each verdict (last, an id, a file)."),
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The verifier's public word, within which they know a card again."),
    ] = None,
    count: Annotated[int | None, typer.Option(metavar="N", help="End after so many challenges.")] = None,
    form: Annotated[Format | None, typer.Option("--format", help="table or jsonl.", show_choices=False)] = None,
) -> int:
    """Let a challenger choose the moment, within what you allow, until this is stopped."""
    chosen = output.choose(form, json=False, offered=_LINES)
    from netmind_tui.certify.challenge.hours import MOST_A_DAY, read_windows  # noqa: PLC0415 - see above
    from netmind_tui.cli.challenge_wait import Wishes  # noqa: PLC0415 - see above
    from netmind_tui.cli.challenge_wait import wait as run  # noqa: PLC0415 - see above

    if not 1 <= at_most <= MOST_A_DAY:
        raise Problem(f"--at-most {at_most}: 1 to {MOST_A_DAY} a day are expected", ExitCode.USAGE)
    if not 1 <= seconds <= _MOST_SECONDS:
        raise Problem(f"--seconds {seconds}: 1 to {_MOST_SECONDS} are expected", ExitCode.USAGE)
    if count is not None and count < 1:
        raise Problem(f"--count {count}: at least 1 is expected", ExitCode.USAGE)
    return run(
        Wishes(
            url=url,
            at_most=at_most,
            seconds=seconds,
            within=read_windows(tuple(within or ())),
            devices=tuple(device or ()),
            run=run_name,
            scope=scope,
            count=count,
            form=chosen,
        )
    )
