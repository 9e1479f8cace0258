"""What is known of one start when nobody is left who saw it: a small file that the keeper writes and rewrites in place.

It takes its room on the disk when it is made, so that a disk that fills up later does not keep the end from being told.
A keeper loads this: nothing but the built-in library's lightest parts.
"""

# pathlib alone would be a tenth of a keeper's memory.
# ruff: noqa: PTH105, PTH123

import json
import os

NAME = "record.json"
_BYTES = 8192
"""Its length: the text, and blanks."""
_SHORTENED = ("last", "fault", "why")
"""What is left out first, should it ever not fit."""


class Record:
    """The file, open. ``OSError`` where it cannot be made; afterwards nothing is raised any more."""

    def __init__(self, folder: str, facts: "dict[str, object]") -> None:
        self.facts = facts
        near = f"{folder}/.{NAME}"
        descriptor = os.open(near, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _write_all(descriptor, self._bytes())
            # Only now does it take the place of the last one's.
            os.replace(near, f"{folder}/{NAME}")
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def tell(self, **facts: object) -> bool:
        """Add facts; whether they are in the file."""
        self.facts.update(facts)
        try:
            return os.pwrite(self._descriptor, self._bytes(), 0) == _BYTES
        except OSError:
            return False

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _bytes(self) -> bytes:
        facts = dict(self.facts)
        for name in ("", *_SHORTENED):
            facts.pop(name, None)
            data = json.dumps(facts, ensure_ascii=False).encode(errors="surrogatepass")
            if len(data) < _BYTES:
                break
        return data.ljust(_BYTES - 1)[: _BYTES - 1] + b"\n"


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def read_record(folder: str) -> "dict[str, object] | None":
    """The facts in a folder's record; ``None`` where there is none, or none that can be understood."""
    try:
        with open(f"{folder}/{NAME}", "rb") as file:
            found = json.loads(file.read(4 * _BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def settle(folder: str, number: str) -> None:
    """Say that what is told of this start is kept elsewhere by now: it is not told again at the agent's next start."""
    facts = read_record(folder)
    if facts is None or facts.get("number") != number:
        return
    try:
        Record(folder, facts | {"settled": True}).close()
    except OSError:  # it is told once more, which does no harm
        return
