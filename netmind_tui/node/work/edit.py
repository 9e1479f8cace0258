"""Adding a workload to the owner's file and taking one out: comments, order and layout stay as they are."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.node.work.file import WorkloadsProblem, WorkloadsSource, source_of
from netmind_tui.node.work.owner import steps, why_not_ours

_HEAD = "workload"
_GROUP_MODE, _OPEN_MODE, _FOLDER_MODE, _OPEN_FOLDER_MODE = 0o640, 0o644, 0o700, 0o755
Value = str | bool | int | list[str] | dict[str, str]


def with_workload(before: WorkloadsSource, name: str, row: Mapping[str, Value]) -> WorkloadsSource:
    """The file with one workload more, the last.

    Raises:
        WorkloadsProblem: something in it cannot be.
        Problem: there is one of that name, or the file is laid out so that it cannot be added to.
    """
    if name in {each.name for each in before.workloads}:
        words = f"there is a workload {name} already: netmind workload remove {name} first, or edit the file"
        raise Problem(f"{before.path}: {words}", ExitCode.USAGE)
    import tomlkit  # noqa: PLC0415 - 50 ms, and only what writes needs it

    lines = [f"[{_HEAD}.{tomlkit.key(name).as_string()}]"]
    for key, value in row.items():
        lines.append(f"{key} = {_written(value)}")
    text, is_crlf = _lines_of(before)
    joined = "\n\n".join([*([text.rstrip("\n")] if text.strip() else []), "\n".join(lines)]) + "\n"
    wanted = {**before.table, _HEAD: {**before.table.get(_HEAD, {}), name: dict(row)}}
    return _checked(before, joined, is_crlf, wanted, f"{_HEAD}.{name} cannot be added")


def without_workload(before: WorkloadsSource, name: str) -> WorkloadsSource:
    """The file with one workload less; what stands above its head and below its last key stays, comments too.

    Raises:
        Problem: there is none of that name, or the file is laid out so that it cannot be taken out.
    """
    known = [each.name for each in before.workloads]
    if name not in known:
        offer = nearest(name, known) if known else "there is none at all"
        raise Problem(f"{before.path}: there is no workload {name[:80]!r}; {offer}", ExitCode.USAGE)
    text, is_crlf = _lines_of(before)
    wanted = {**before.table, _HEAD: {key: row for key, row in before.table[_HEAD].items() if key != name}}
    return _checked(before, _cut(text, name), is_crlf, wanted, f"{_HEAD}.{name} cannot be taken out")


def _written(value: Value) -> str:
    import tomlkit  # noqa: PLC0415 - see above

    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return table.as_string()
    return tomlkit.item(value).as_string()


def check_place(path: Path, uid: int) -> None:
    """Refuse a place for a new file where the agent of that user would not read it.

    Raises:
        WorkloadsProblem: somebody else could put another file there.
        Problem: the way there cannot be seen.
    """
    if os.name != "posix":
        return
    folder = path.absolute().parent
    try:
        while not folder.exists():
            folder = folder.parent
        faults = why_not_ours(list(steps(folder)), uid, ends_in_file=False)
    except OSError as error:
        raise Problem(f"{folder}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    if faults:
        raise WorkloadsProblem([f"{path}: {each}" for each in faults])


def write(before: WorkloadsSource, after: WorkloadsSource) -> None:
    """Put a file in the place of the one that was read: atomically, with its mode; a new one is its owner's alone.

    What root writes anew is for an agent of the system: its group ``netmind`` reads it, or everybody without one.

    Raises:
        Problem: the file was changed meanwhile, or cannot be written; what was there is untouched.
    """
    from netmind_tui.config import Source  # noqa: PLC0415 - only what writes needs it
    from netmind_tui.config.edit import write as write_source  # noqa: PLC0415 - see above

    is_new = before.data is None
    if is_new:
        _make_folders(before.path.parent)
    write_source(Source(path=before.path, data=before.data), Source(path=after.path, data=after.data))
    if is_new and os.name == "posix" and os.geteuid() == 0:
        _let_read(after.path)


def _make_folders(folder: Path) -> None:
    """Make what is missing, each its owner's alone; of root's an agent of the system sees the inside.

    Raises:
        Problem: it cannot be made.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    is_roots = os.name == "posix" and os.geteuid() == 0
    try:
        for each in reversed(missing):
            each.mkdir(mode=_OPEN_FOLDER_MODE if is_roots else _FOLDER_MODE, exist_ok=True)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"{folder}: the folder cannot be made: {cause}", ExitCode.USAGE) from error


def _let_read(path: Path) -> None:
    from netmind_tui.node.control.role import group_id  # noqa: PLC0415 - only root's new files
    from netmind_tui.node.service.unit import GROUP  # noqa: PLC0415 - see above

    gid = group_id(GROUP)
    if gid is not None:
        os.chown(path, -1, gid)
    path.chmod(_OPEN_MODE if gid is None else _GROUP_MODE)


def _cut(text: str, name: str) -> str:
    """A file's text without one of its workloads.

    What is laid out so that this goes wrong is found out by whoever reads the outcome.
    """
    kept: list[str] = []
    held: list[str] = []
    is_gone = False
    for line in text.split("\n"):
        head = _head_of(line)
        if head is not None:
            is_gone = head[:2] == [_HEAD, name]
            while held and kept and not held[0].strip() and not kept[-1].strip():
                del held[0]
            kept += held
            held = []
            if not is_gone:
                kept.append(line)
        elif not is_gone:
            kept.append(line)
        elif not line.strip() or line.lstrip().startswith("#"):
            held.append(line)  # above the next key it is the workload's own, below the last it is not
        else:
            held = []
    while held and kept and not held[0].strip() and not kept[-1].strip():
        del held[0]
    return "\n".join([*kept, *held])


def _head_of(line: str) -> list[str] | None:
    """The keys of a table's head, ``[workload."a b"]``; ``None`` of every other line."""
    if not line.lstrip().startswith("["):
        return None
    try:
        found: Any = tomllib.loads(line)
    except ValueError:
        return None
    keys = []
    while isinstance(found, dict) and found:
        key, found = next(iter(found.items()))
        keys.append(key)
    return keys


def _lines_of(before: WorkloadsSource) -> tuple[str, bool]:
    """The file's text, and whether its lines end as those of Windows do."""
    text = before.text
    is_crlf = "\r\n" in text and "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n", "\n") if is_crlf else text, is_crlf


def _checked(
    before: WorkloadsSource, text: str, is_crlf: bool, wanted: Mapping[str, Any], refusal: str
) -> WorkloadsSource:
    """What the text comes to, if that is what was wanted."""
    try:
        is_wanted = _filled(tomllib.loads(text)) == _filled(wanted)
    except ValueError:
        is_wanted = False
    if not is_wanted:
        raise Problem(f"{before.path}: {refusal} as this file is laid out: edit it", ExitCode.USAGE)
    return source_of(before.path, (text.replace("\n", "\r\n") if is_crlf else text).encode())


def _filled(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without a table of workloads that holds none: it means nothing."""
    return {key: value for key, value in table.items() if key != _HEAD or value}
