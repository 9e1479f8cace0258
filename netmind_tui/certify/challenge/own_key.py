"""A challenger's own key, which is never the node's, and the statement by which it ends."""

from pathlib import Path

from netmind_tui.certify import private_file
from netmind_tui.certify.challenge.store import KEY_FILE
from netmind_tui.certify.node_key import NodeKey, make_key, read_key
from netmind_tui.certify.signed import key_subject, signed
from netmind_tui.model.certificate import Revocation
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_ENDS = "netmind challenge revoke"


def look(folder: Path) -> NodeKey | None:
    """The key in a challenger's folder, if there is one; makes nothing.

    Raises:
        Problem: it cannot be read, or was open to others.
    """
    return read_key(folder / KEY_FILE, ends=_ENDS)


def opened(folder: Path, now: str) -> NodeKey:
    """The key in a challenger's folder, made on first use.

    Raises:
        Problem: as ``look``, or it cannot be made.
    """
    private_file.make_folder(folder, ends=_ENDS)
    path = folder / KEY_FILE
    make_key(path, now)
    key = look(folder)
    if key is None:
        raise Problem(f"{path} went away while it was used", ExitCode.USAGE)
    return key


def revocation(folder: Path, since: str, reason: str | None) -> bytes:
    """A statement by which the key in a challenger's folder ends itself.

    Args:
        folder: The challenger's.
        since: From when on nothing that it signed counts.
        reason: For people, in plain words.

    Raises:
        Problem: as ``look``, or there is no key.
    """
    key = look(folder)
    if key is None:
        words = f"there is no challenger's key in {folder}: netmind challenge serve and export-public make one"
        raise Problem(words, ExitCode.USAGE)
    said = Revocation(node_key=key.public, since=since, reason=reason)
    return signed(said, key_subject(key.public), key.private, "the revocation")
