"""``netmind restore``: a node out of its backup, at home here or waiting until it has left its other machine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.backup import contents, this_machine
from netmind_tui.cli.passphrase import check_askable, given_passphrase
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.model.backup import Stay
    from netmind_tui.node.backup.layout import Layout
    from netmind_tui.node.backup.opened import Opened


def restore(
    *,
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A file of netmind backup.")] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option("--passphrase-file", metavar="PATH", help="Its first line, instead of asking on the terminal."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Over a node that is here: its files are moved into a dated folder first.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Check the backup and the passphrase; change nothing.")
    ] = False,
    retired: Annotated[
        Path | None,
        typer.Option(
            "--retired", metavar="FILE", help="What netmind retire wrote on the other machine: end the waiting."
        ),
    ] = None,
    first_is_gone: Annotated[
        bool,
        typer.Option("--first-is-gone", help="Your word that the other machine is gone for good: do not wait for it."),
    ] = False,
) -> None:
    """Restore a node from a backup: everything in it is checked before anything is touched.

    On another machine than that of the backup the node can be looked at, and waits: it neither signs nor writes until
    it has retired there (netmind retire).
    """
    # Imported here: the key, the archive and the journal's library, which only this command needs.
    from netmind_tui.node.backup.layout import Layout  # noqa: PLC0415 - see above
    from netmind_tui.node.backup.restore import mend_unfinished  # noqa: PLC0415 - see above

    _check_wishes(path, passphrase_file, retired, force=force, check=check, gone=first_is_gone)
    layout = Layout.here()
    if mend_unfinished(layout, datetime.now(UTC)):
        diagnostics.say("netmind: a restore had been interrupted here; it was taken back first")
    if path is None:
        _end_waiting(layout, retired)
    else:
        _restore(path, layout, passphrase_file, force=force, check=check, gone=first_is_gone)


def _check_wishes(
    path: Path | None, passphrase: Path | None, retired: Path | None, *, force: bool, check: bool, gone: bool
) -> None:
    """Refuse what cannot be meant.

    Raises:
        Problem: nothing is asked for, or two things that exclude each other.
    """
    if retired is not None and gone:
        raise Problem("--retired with --first-is-gone: the machine either retired or is gone", ExitCode.USAGE)
    if path is not None:
        if retired is not None:
            raise Problem("--retired with a backup: restore it first, then give --retired alone", ExitCode.USAGE)
        if check and (force or gone):
            raise Problem("--check changes nothing: --force and --first-is-gone mean nothing with it", ExitCode.USAGE)
        return
    if retired is None and not gone:
        raise Problem(
            "restore: FILE is expected, or --retired FILE or --first-is-gone for a node that waits", ExitCode.USAGE
        )
    for name, wish in (("--force", force), ("--check", check), ("--passphrase-file", passphrase)):
        if wish:
            raise Problem(f"{name} without FILE: a backup is expected", ExitCode.USAGE)


def _restore(
    path: Path, layout: "Layout", passphrase_file: Path | None, *, force: bool, check: bool, gone: bool
) -> None:
    from netmind_tui.model.backup import Began  # noqa: PLC0415 - see restore
    from netmind_tui.node.backup.opened import opened  # noqa: PLC0415 - see restore
    from netmind_tui.node.backup.restore import check_free, look_through, restore  # noqa: PLC0415 - see restore

    check_askable(passphrase_file)
    with opened(path, layout) as archive:
        if not check:
            check_free(archive, layout, force=force)
        _unlock(archive, passphrase_file)
        made = archive.backup
        if check:
            look_through(archive)
            output.line(f"{path} is whole: {contents(made)}, made at {made.made_at} by netmind {made.version}")
            return
        done = restore(archive, layout, this_machine(), datetime.now(UTC), force=force, gone=gone)
    diagnostics.say(f"netmind: restored {contents(made)}, as of {made.made_at}")
    for folder in done.aside:
        diagnostics.say(f"netmind: what was here before lies in {folder}")
    _tell(done.stay, done.untold)
    if done.stay.id == made.stay.id:
        diagnostics.say(
            "netmind: by its id this is the machine that the backup was made on; a copy of it has the same id"
        )
    elif done.stay.began is Began.RETIRED:
        diagnostics.say("netmind: restore this backup nowhere else: made after the node retired, it waits for nobody")


def _unlock(archive: "Opened", passphrase_file: Path | None) -> None:
    from netmind_tui.node.backup.key import Wrong  # noqa: PLC0415 - see restore

    try:
        archive.unlock(given_passphrase(passphrase_file))
    except Wrong:
        words = "the passphrase does not open the key in it, or the key was changed"
        raise Problem(f"{archive.path}: {words}; nothing was changed", ExitCode.USAGE) from None


def _end_waiting(layout: "Layout", retired: Path | None) -> None:
    from netmind_tui.certify.trust import read_bytes  # noqa: PLC0415 - see restore
    from netmind_tui.node.backup.takeover import accept, declare_gone  # noqa: PLC0415 - see restore

    now = datetime.now(UTC)
    if retired is None:
        stay, untold = declare_gone(layout, now)
    else:
        data = read_bytes(retired, "the file of netmind retire")
        stay, missing, untold = accept(data, str(retired), layout, now)
        if missing:
            words = f"{missing} event{'' if missing == 1 else 's'} of the other machine came after the backup"
            diagnostics.warn(f"{words} and are not here; a backup made there now has them")
    _tell(stay, untold)


def _tell(stay: "Stay", untold: str | None) -> None:
    from netmind_tui.certify.stay import way_on  # noqa: PLC0415 - see restore
    from netmind_tui.model.backup import Began  # noqa: PLC0415 - see restore

    if untold is not None:
        diagnostics.warn(f"the journal could not be told: {untold}")
    if stay.began is None:
        diagnostics.say("netmind: it waits: it can be looked at, and neither signs nor writes on this machine yet")
        diagnostics.say(f"netmind: {way_on(stay)}")
    elif stay.began is Began.DECLARED:
        words = "by your word that its other machine is gone; should that one come back, it must not run"
        diagnostics.say(f"netmind: the node is at home here, {words}")
    else:
        diagnostics.say("netmind: the node is at home here")
