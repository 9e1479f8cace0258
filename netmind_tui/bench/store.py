"""Runs that were kept: one JSON file each in the state folder, named by when they started."""

import secrets
import tempfile
from datetime import datetime
from pathlib import Path

from netmind_tui.document import encode_pretty
from netmind_tui.model.measurement import Run


def new_run_id(started: datetime) -> str:
    """A name that sorts by time and is not met twice, e.g. ``20261122T143205Z-9f3a1c``."""
    return f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def keep(run: Run, folder: Path) -> Path:
    """Write a run, whole or not at all, and return its file.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{run.run_id}.json"
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", suffix=".part", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(encode_pretty(run))
            file.flush()
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return target
