"""When somebody last looked at a node through this interface: what happened since then is news."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.paths import state_dir

_NAME = "looked.json"
_THIS = "this machine"
_LARGEST_BYTES = 64 << 10


def looked_at(hostname: str = "") -> datetime | None:
    """When the interface was last left; ``None`` where it never was, or nobody knows."""
    found = _read().get(hostname or _THIS)
    with suppress(ValueError, TypeError):
        moment = datetime.fromisoformat(str(found))
        return moment if moment.tzinfo is not None else None
    return None


def keep_looked(hostnames: list[str], at: datetime) -> None:
    """Remember that somebody looked at these nodes until now; where that cannot be written it is forgotten."""
    path = _path()
    words = {name: text for name, text in _read().items() if isinstance(text, str)}
    words |= dict.fromkeys((name or _THIS for name in hostnames), at.astimezone(UTC).isoformat(timespec="seconds"))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{_NAME}.{os.getpid()}")
        draft.write_text(json.dumps(words, indent=2) + "\n")
        draft.replace(path)


def _read() -> dict[str, object]:
    with suppress(OSError, ValueError), _path().open("rb") as file:
        found = json.loads(file.read(_LARGEST_BYTES))
        return found if isinstance(found, dict) else {}
    return {}


def _path() -> Path:
    return state_dir() / _NAME
