"""``netmind challenge revoke``: the statement by which a challenger's key ends itself."""

from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.certify.challenge import own_key
from netmind_tui.certify.challenge.store import KEY_FILE
from netmind_tui.certify.moment import written
from netmind_tui.cli import diagnostics, ending, output
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.paths import challenger_dir


def revoke(path: Path | None, since: str | None, reason: str | None) -> None:
    """Make it, in a file.

    Raises:
        Problem: there is no such key, the time or the reason is none, or it cannot be written.
    """
    if path is None:
        raise Problem("challenge revoke: -o FILE is expected, on another disk than the key's", ExitCode.USAGE)
    ending.check_reason(reason)
    output.check(path)
    moment = written(datetime.now(UTC)) if since is None else ending.moment_of(since)
    folder = challenger_dir()
    ending.write_private(path, own_key.revocation(folder, moment, reason).decode())
    diagnostics.say(f"netmind: {path} ends the challenger's key for every verdict after {moment}, once it is given out")
    words = f"until then the key signs on; move {folder / KEY_FILE} away and the next start makes another"
    diagnostics.say(f"netmind: {words}, for those who list you to list")
