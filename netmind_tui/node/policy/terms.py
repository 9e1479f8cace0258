"""The policy in force: read again when its file changes, and kept when the new one cannot be."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from netmind_tui.certify import private_file
from netmind_tui.model.agent import PolicyStatus
from netmind_tui.model.policy import Policy, PolicyDocument
from netmind_tui.model.problem import Problem

ReadPolicy = Callable[[Path], PolicyDocument]
_Signature = tuple[int, int, int] | None
_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Changed:
    """Another policy is in force: ``sha256`` is its file's."""

    sha256: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A new file cannot be in force: why, in a sentence."""

    sentence: str


class Terms:
    """Looks at the policy's file, and keeps the last good policy, a copy of whose file lies in the agent's folder.

    Args:
        path: the owner's file.
        read: how a file, or its absence, becomes a policy.
        copy: where the last good file is kept, for a start with a bad one.
    """

    def __init__(self, path: Path, read: ReadPolicy, copy: Path) -> None:
        self.path = path
        self.document = PolicyDocument(path=str(path))
        self.refused: str | None = None
        self._read = read
        self._copy = copy
        self._seen: _Signature | object = object()
        self._loaded_at: datetime | None = None
        self._kept: str | object | None = _UNKNOWN

    @property
    def policy(self) -> Policy:
        """The one in force."""
        return self.document.policy

    @property
    def sha256(self) -> str | None:
        """The digest of the file in force; ``None`` where there is none."""
        return self.document.sha256

    def look(self, now: datetime, *, anew: bool = False) -> Changed | Refused | None:
        """Read the file if it is another one than before, or whatever it is with ``anew``; what came of it."""
        found = _signature(self.path)
        if found == self._seen and not anew:
            return None
        is_first = self._loaded_at is None
        self._seen = found
        try:
            document = self._read(self.path)
        except Problem as problem:
            if is_first:
                self._fall_back(now)
            if self.refused == problem.sentence:
                return None
            self.refused = problem.sentence
            return Refused(problem.sentence)
        is_same = not is_first and (document.sha256, document.policy) == (self.sha256, self.policy)
        self.document, self._loaded_at, self.refused = document, now, None
        return None if is_same else Changed(document.sha256)

    def status(self) -> PolicyStatus:
        """As everybody may see it."""
        return PolicyStatus(
            path=str(self.path),
            sha256=self.sha256,
            zone=self.policy.zone,
            loaded_at=self._loaded_at,
            refused=self.refused,
            windows=len(self.policy.windows),
        )

    def _fall_back(self, now: datetime) -> None:
        """Begin with the last good file, where there is one."""
        self._loaded_at = now
        if not self._copy.exists():
            return
        with suppress(Problem):
            self.document = replace(self._read(self._copy), path=str(self.path))

    @property
    def is_kept(self) -> bool:
        """Whether there is nothing to ``save``."""
        return self.refused is not None or self.document.text == self._kept

    def save(self) -> None:
        """Keep a copy of the file in force, or none where none is; it blocks."""
        text = self.document.text
        if self.is_kept:
            return
        with suppress(OSError):  # a copy less; the file itself is in force
            if text is None:
                self._copy.unlink(missing_ok=True)
            elif not self._is_there(text):
                private_file.put(self._copy, text.encode())
            self._kept = text

    def _is_there(self, text: str) -> bool:
        try:
            return self._copy.read_bytes() == text.encode()
        except OSError:
            return False


def _signature(path: Path) -> _Signature:
    try:
        found = os.stat(path)  # noqa: PTH116 - once a second: a third of what Path.stat takes
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
