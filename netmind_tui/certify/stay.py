"""Where a node lives: the one machine on which it may sign and write.

``stay.json`` beside the key says on which machine the node is and since when; there is none before the first backup.
``retired/`` beside the identity's folder holds what was signed when stays ended: that a stay ended is never forgotten
here, whatever is restored later.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from netmind_tui import document
from netmind_tui.certify import canonical, private_file
from netmind_tui.certify.bar import STAY
from netmind_tui.certify.envelope import seal, unseal
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import exactly, short
from netmind_tui.model.backup import Began, Retirement, Stay
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

RETIREMENT_TYPE = "application/vnd.netmind.retirement+json"
_ID = re.compile(r"[0-9a-f]{16}")
_RETIRED = "retired"
_MOST_BYTES = 4096


def way_on(stay: Stay) -> str:
    """What a waiting node needs, as a clause."""
    there, here = f"there, netmind retire --for {stay.id} -o FILE", "here, netmind restore --retired FILE"
    return f"{there}; then {here} (--first-is-gone instead, if that machine is gone for good)"


def read_stay(folder: Path) -> Stay | None:
    """The stay of the node here; ``None`` before its first backup.

    Raises:
        Problem: it cannot be read, or is damaged.
    """
    path = folder / STAY
    try:
        data = private_file.read(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    return checked_stay(document.decode(data, Stay, str(path)), str(path))


def checked_stay(stay: Stay, what: str) -> Stay:
    """A stay whose names are names: files are called by them.

    Raises:
        Problem: one of them is none.
    """
    _check_names((stay.id, stay.before), what)
    return stay


def stay_bytes(stay: Stay) -> bytes:
    """A stay as its file holds it."""
    return document.encode_pretty(stay).encode()


def keep_stay(folder: Path, stay: Stay) -> None:
    """Write the stay of the node here.

    Raises:
        Problem: it cannot be written.
    """
    try:
        private_file.put(folder / STAY, stay_bytes(stay))
    except OSError as error:
        raise _unwritten(folder / STAY, error) from error


def first_stay(now: str) -> Stay:
    """The stay of a node where it was made."""
    return Stay(id=new_id(), number=1, since=now, began=Began.MADE, began_at=now)


def new_id() -> str:
    """A name that is met once: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def machine_digest(public: str, machine_id: str | None, folder: Path) -> str | None:
    """What tells the same node in the same folder of the same machine again, and tells strangers nothing."""
    if machine_id is None:
        return None
    digest = hashlib.sha256()
    for part in ("netmind-stay/1", public, machine_id, str(folder.absolute())):
        data = part.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


# The end of a stay.


def signed_retirement(retirement: Retirement, key: NodeKey) -> bytes:
    """The end of a stay, signed by the node."""
    return seal(canonical.canonical(document.plain(retirement)), key.private, RETIREMENT_TYPE)


def read_retirement(data: bytes, what: str) -> Retirement:
    """What somebody signed when they ended a stay.

    Raises:
        Problem: it is none, its signature does not hold, or it speaks for another key than it is signed by.
    """
    try:
        sealed = unseal(data, what, RETIREMENT_TYPE)
        value = canonical.read(sealed.payload, f"{what}: the payload")
        found = exactly(value, Retirement, f"{what}: the payload", "statement")
        read_moment(found.at)
    except (Refused, ValueError) as error:
        cause = error.sentence if isinstance(error, Refused) else f"{what}: {error}"
        raise Problem(f"{cause}; the file of netmind retire is expected", ExitCode.USAGE) from error
    _check_names((found.stay, found.successor), what)
    if found.node_key != sealed.key:
        words = f"{what} speaks for {short(found.node_key)} and is signed by {short(sealed.key)}"
        raise Problem(words, ExitCode.USAGE)
    return found


def retired_path(folder: Path, stay: str) -> Path:
    """Where it is kept that a stay ended; ``folder`` is the identity's."""
    return folder.parent / _RETIRED / f"{stay}.json"


def read_retired(folder: Path, stay: str) -> Retirement | None:
    """What ended a stay, as far as this machine knows.

    Raises:
        Problem: it cannot be read, or is damaged.
    """
    path = retired_path(folder, stay)
    try:
        data = private_file.read(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    return read_retirement(data, str(path))


def keep_retired(folder: Path, retirement: Retirement, data: bytes) -> None:
    """Remember here that a stay ended.

    Raises:
        Problem: it cannot be written.
    """
    path = retired_path(folder, retirement.stay)
    private_file.make_folder(path.parent)
    try:
        private_file.put(path, data)
    except OSError as error:
        raise _unwritten(path, error) from error


def _check_names(names: Iterable[str | None], what: str) -> None:
    if any(_ID.fullmatch(each) is None for each in names if each is not None):
        raise Problem(f"{what} is damaged: a stay is named by 16 hexadecimal digits", ExitCode.USAGE)


def _unwritten(path: Path, error: OSError) -> Problem:
    return Problem(f"cannot write {path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE)
