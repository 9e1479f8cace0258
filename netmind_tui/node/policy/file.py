"""The owner's policy file: read and checked to the last key.

Without one the configuration's ``schedule.preset`` holds, and without that nothing is ever allowed.
"""

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.policy import Policy, PolicyDocument
from netmind_tui.model.problem import Problem
from netmind_tui.model.toml import load

_LARGEST_BYTES = 1 << 20
_BARE_CLOCK = re.compile(rb"(?m)^\s*(?:from|to)\s*=\s*[0-9]{1,2}:[0-9]{2}\s*(?:#.*)?$")
_BOM = b"\xef\xbb\xbf"


class Origin(StrEnum):
    """Where a policy came from."""

    FILE = "file"
    PRESET = "preset"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """A policy as it was read.

    ``data`` are the file's bytes, ``None`` where there is none; then ``preset`` may say which ready schedule holds.
    ``doubts`` are what can be and is hardly meant, a sentence each.
    """

    path: Path
    policy: Policy = field(default_factory=Policy)
    data: bytes | None = None
    table: dict[str, Any] = field(default_factory=dict)
    preset: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def origin(self) -> Origin:
        """Where it came from."""
        if self.data is not None:
            return Origin.FILE
        return Origin.PRESET if self.preset else Origin.NOWHERE

    @property
    def document(self) -> PolicyDocument:
        """As programs read it."""
        if self.data is None:
            return PolicyDocument(policy=self.policy, path=str(self.path))
        text = self.data.removeprefix(_BOM).decode()
        return PolicyDocument(policy=self.policy, path=str(self.path), sha256=sha256(self.data).hexdigest(), text=text)


class PolicyProblem(Problem):
    """A policy that cannot be in force. ``faults`` are all of them, each a sentence with the file and the key."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = len(faults) - 1
        super().__init__(faults[0] + (f" (and {more} more)" if more else ""), ExitCode.USAGE)
        self.faults = tuple(faults)


def read_policy(path: Path) -> Policy:
    """The policy in force with that file: the agent reads it with this.

    Raises:
        PolicyProblem: see ``read_source``.
    """
    return read_source(path).policy


def read_source(path: Path, *, is_draft: bool = False) -> PolicySource:
    """The policy of a file; without the file that of the configuration's preset. A draft may be anybody's, and must be.

    Raises:
        PolicyProblem: it cannot be read, others could have written it, or something in it cannot be.
        Problem: there is no file, and the configuration that might name a preset has a fault.
    """
    data = read_bytes(path, is_draft=is_draft)
    if data is None:
        return _preset(path)
    return source_of(path, data)


def source_of(path: Path, data: bytes) -> PolicySource:
    """The policy in a file's bytes.

    Raises:
        PolicyProblem: something in it cannot be; all faults at once.
    """
    table = _table(path, data)
    from netmind_tui.node.policy.parse import parse_policy  # noqa: PLC0415 - a machine without a policy does without

    parsed = parse_policy(table, own_zone())
    if parsed.faults:
        raise PolicyProblem([f"{path}: {each}" for each in parsed.faults])
    doubts = tuple(f"{path}: {each}" for each in parsed.doubts)
    return PolicySource(path=path, policy=parsed.policy, data=data, table=table, doubts=doubts)


def own_zone() -> str:
    """The machine's own zone by name; ``UTC`` where its name is no zone."""
    from netmind_tui.node.agent.clock import machine_zone  # noqa: PLC0415 - see above
    from netmind_tui.node.policy.time import zone  # noqa: PLC0415 - see above

    try:
        return zone(machine_zone())
    except ValueError:
        return "UTC"


def _preset(path: Path) -> PolicySource:
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.node.policy.preset import preset_policy  # noqa: PLC0415 - see above

    name = read_config().schedule
    return PolicySource(path=path, policy=preset_policy(name, own_zone()), preset=None if name == "never" else name)


def read_bytes(path: Path, *, is_draft: bool = False) -> bytes | None:
    """What a policy file holds; ``None`` where there is none.

    Raises:
        PolicyProblem: it cannot be read, or others could have written it.
    """
    try:
        # Asked first: reading a pipe waits for a writer, and some devices never end.
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "no file"
            raise _refused(path, f"is {what}; a policy file is expected")
        if not is_draft:
            _check_owner(path, found)
        with path.open("rb") as file:
            return file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        if is_draft:
            raise _refused(path, "there is no such file") from None
        return None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise _refused(path, f"cannot be read: {cause.lower()}") from error


def _check_owner(path: Path, found: os.stat_result) -> None:
    """Refuse terms that others could have written."""
    if os.name != "posix":
        return
    if found.st_uid not in (0, os.geteuid()) and os.geteuid() != 0:
        raise _refused(path, "belongs to another user; a policy must be yours or root's")
    others = stat.S_IWOTH if found.st_gid == os.getegid() else stat.S_IWOTH | stat.S_IWGRP
    if found.st_mode & others:
        mode = stat.S_IMODE(found.st_mode)
        raise _refused(path, f"others can write it (mode {mode:04o}); chmod 600 {path}")


def _table(path: Path, data: bytes) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - 10 ms, and a machine without a policy does without

    if len(data) > _LARGEST_BYTES:
        raise _refused(path, "is larger than 1 MiB: that is no policy")
    try:
        return load(data.removeprefix(_BOM).decode())
    except UnicodeDecodeError as error:
        raise _refused(path, f"is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, ValueError) as error:
        hint = '; a time of day needs quotes, as in from = "22:00"' if _BARE_CLOCK.search(data) else ""
        raise _refused(path, f"is not valid TOML: {_visible(str(error))}{hint}") from error
    except RecursionError:
        raise _refused(path, "is not valid TOML: it is nested too deeply") from None


def _visible(sentence: str) -> str:
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in sentence)
    return shown[:1].lower() + shown[1:]


def _refused(path: Path, sentence: str) -> PolicyProblem:
    return PolicyProblem([f"{path}: {sentence}"])
