"""What of a node goes into a backup, and where each file of it belongs on this machine.

A member is called by its part and its path within it: ``identity/node.pem``, ``runs/20261122T143205Z-9f3a1c.json``.
What is not named here stays out: sockets, locks, logs, caches, work that runs, and power limits to put back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.config import config_path
from netmind_tui.ledger.table import LEDGER
from netmind_tui.node.journal import table
from netmind_tui.node.meter.table import METERING
from netmind_tui.paths import (
    agent_dir,
    baseline_path,
    certificates_dir,
    identity_dir,
    ledger_path,
    policy_path,
    prices_path,
    rates_path,
    runs_dir,
    verdicts_dir,
    workloads_path,
)

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
"""The first two files of an archive: what is in it, and the digest of that, signed by the node."""
BACKUP_TYPE = "application/vnd.netmind.backup+json"
KEY = "identity/node.pem"
"""The member that opens all others."""
STAY = "identity/stay.json"
JOURNAL = "agent/journal.db"
BOOKS = "ledger/ledger.db"
STORES = {JOURNAL: table.JOURNAL, "agent/meter.db": METERING, BOOKS: LEDGER}
"""Members that somebody may be writing, and what they are."""
OWN = ("agent/", "ledger/", "energy/")
"""How members begin that are single files and yet no second node's: what it kept, booked and calibrated."""
RETIRED = "retired"
"""The part of what was signed when stays ended."""
STORE_PARTS = ("-wal", "-shm", "-journal")
COPIES = "backups"
"""The folder of daily copies beside the ledger."""

_AGENT = ("journal.db", "meter.db", "state.json", "alive", "policy.toml")
_DEEPEST = {"identity": 2, "certificates": 2, "runs": 1, "verdicts": 1, RETIRED: 1}
_LONGEST, _LONGEST_NAME = 200, 100
_SIGN = re.compile(r"[^\x00-\x1f\x7f/\\]+")
_LOCK = re.compile(r"netmind-.*\.lock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the parts of a node lie. ``files`` are single ones, ``folders`` are taken whole.

    The node's own are those that no second node may have: they are there once, and are replaced as one. Of ``common``
    folders a file is added where it is missing. ``copies`` are folders with older states of the node's own: no backup
    holds them, and they go where these go.
    """

    files: dict[str, Path]
    folders: dict[str, Path]
    copies: tuple[Path, ...] = ()
    common: frozenset[str] = frozenset({"runs", "verdicts", RETIRED})

    @classmethod
    def here(cls) -> "Layout":
        """That of this user on this machine."""
        files = {f"agent/{name}": agent_dir() / name for name in _AGENT}
        files |= {
            "config/config.toml": config_path(),
            "config/policy.toml": policy_path(),
            "config/workloads.toml": workloads_path(),
            "config/rates.toml": rates_path(),
            "config/prices.csv": prices_path(),
            "energy/baseline.json": baseline_path(),
            BOOKS: ledger_path(),
        }
        folders = {
            "identity": identity_dir(),
            "certificates": certificates_dir(),
            "runs": runs_dir(),
            "verdicts": verdicts_dir(),
            RETIRED: identity_dir().parent / RETIRED,
        }
        return cls(files=files, folders=folders, copies=(ledger_path().parent / COPIES,))

    @property
    def identity(self) -> Path:
        """The folder of the key."""
        return self.folders["identity"]

    @property
    def agent(self) -> Path:
        """The folder of the agent."""
        return self.files[JOURNAL].parent

    def place_of(self, name: str) -> Path:
        """Where a member belongs.

        Raises:
            ValueError: nothing of that name does.
        """
        if name in self.files:
            return self.files[name]
        part, *rest = name.split("/")
        if part not in self.folders or not 1 <= len(rest) <= _DEEPEST[part] or not can_be_member(name):
            raise ValueError(name)
        return self.folders[part].joinpath(*rest)

    def present(self) -> Iterator[tuple[str, Path]]:
        """What there is to back up, in a fixed order, the key first; of ended stays nothing.

        Raises:
            OSError: a folder cannot be read.
        """
        found = dict(self._present())
        if KEY in found:
            yield KEY, found.pop(KEY)
        yield from found.items()

    def _present(self) -> Iterator[tuple[str, Path]]:
        for part, folder in self.folders.items():
            for path in _files(folder, _DEEPEST[part] if part != RETIRED else 0):
                yield f"{part}/{path.relative_to(folder).as_posix()}", path
        for name, path in self.files.items():
            if path.is_file():
                yield name, path


def can_be_member(name: str) -> bool:
    """Whether an archive can carry the name, and a folder can safely take it."""
    parts = name.split("/")
    is_plain = all(_SIGN.fullmatch(each) is not None and not each.startswith(".") for each in parts)
    return is_plain and len(parts[-1].encode()) <= _LONGEST_NAME and len(name.encode()) <= _LONGEST


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """Plain files, also those of folders within; no link is followed, and what is hidden is somebody's half work."""
    if depth == 0:
        return
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for each in entries:
        if each.name.startswith(".") or _LOCK.fullmatch(each.name) or each.is_symlink():
            continue
        if each.is_file():
            yield each
        elif each.is_dir():
            yield from _files(each, depth - 1)
