"""``netmind backup``: the node in one file, its key under a passphrase."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.passphrase import check_askable, new_passphrase

if TYPE_CHECKING:
    from netmind_tui.model.backup import Backup


def backup(
    *,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make; keep it on another disk.")],
    passphrase_file: Annotated[
        Path | None,
        typer.Option("--passphrase-file", metavar="PATH", help="Its first line, instead of asking on the terminal."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what is in it as JSON.")] = False,
) -> None:
    """Put the key under a passphrase, the certificates, terms, workloads, journal, meter and runs into one file.

    An agent may go on meanwhile. The key alone is locked: the rest can be read by whoever has the file.
    """
    # Imported here: the key, the archive and the journal's library, which only this command needs.
    from netmind_tui.node.backup.layout import Layout  # noqa: PLC0415 - see above
    from netmind_tui.node.backup.make import check_target, make_backup  # noqa: PLC0415 - see above

    check_target(path, force=force)
    check_askable(passphrase_file)
    passphrase = new_passphrase(passphrase_file)
    made = make_backup(path, passphrase, Layout.here(), this_machine(), datetime.now(UTC), force=force)
    for sentence in made.left_out:
        diagnostics.warn(sentence)
    if json:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - 20 ms that only documents need

        output.write(encode_pretty(made.backup))
    size = f"{made.bytes / (1 << 20):.1f} MiB" if made.bytes >= 1 << 20 else f"{made.bytes / (1 << 10):.1f} KiB"
    diagnostics.say(f"netmind: {path}, {size}: {contents(made.backup)}")
    mine = [name for each in made.backup.members if (name := each.name.removeprefix("config/")) != each.name]
    clear = f", and neither are the secrets in {' and '.join(mine[-2:])}, if there are any" if mine else ""
    words = "without its passphrase nobody can restore it, nor can you; the rest of it is not locked"
    diagnostics.say(f"netmind: {words}{clear}")


def contents(made: "Backup") -> str:
    """What a backup holds, in a clause."""
    names = [each.name for each in made.members]
    counts = (
        ("certificate", sum(name.startswith("certificates/") and not name.endswith(".result.json") for name in names)),
        ("run", sum(name.startswith("runs/") for name in names)),
        ("event", made.events or 0),
    )
    parts = [f"the node {made.node_key[:16]}…"]
    parts += [f"{count:,} {word}{'' if count == 1 else 's'}" for word, count in counts if count]
    parts += [name.partition("/")[2] for name in names if name.startswith("config/")]
    parts += ["metered intervals"] if "agent/meter.db" in names else []
    parts += ["the ledger"] if "ledger/ledger.db" in names else []
    return ", ".join(parts)


def this_machine() -> str | None:
    """The operating system's id of this machine, where it has one of its own."""
    from netmind_tui.probe.host import read_host  # noqa: PLC0415 - only what moves nodes needs it
    from netmind_tui.probe.machine_id import read_machine_id  # noqa: PLC0415 - see above

    return read_machine_id(read_host().boundaries)
