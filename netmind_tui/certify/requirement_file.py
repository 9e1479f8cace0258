"""Reading a document of requirements: TOML, data and no code, checked to the last key before anything is measured."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from netmind_tui.certify.requirement_rule import Faulty, text
from netmind_tui.certify.requirement_rule import requirement as read_requirement
from netmind_tui.certify.requirement_value import read_quantity, shown_type
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Catalog
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.requirement import DECLARED, Level, ListedDevice, Requirement, Requirements
from netmind_tui.model.toml import load

SCHEMA = "netmind.requirements/1"
_LARGEST_BYTES = 1 << 20
_MOST = 500
_KEYS = (
    "schema",
    "name",
    "title",
    "sources",
    "evidence",
    "max_age",
    "accept_declared",
    "level",
    "requirement",
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def read_file(path: Path, catalog: Catalog) -> Requirements:
    """The requirements in a file.

    Raises:
        Problem: it cannot be read, is no document of requirements, or has something that cannot be meant; the sentence
            names the file, the requirement and the key, and what was expected.
    """
    return read_requirements(_bytes(path), str(path), catalog)


def read_requirements(data: bytes, source: str, catalog: Catalog) -> Requirements:
    """The requirements in a document's bytes; ``source`` names it in sentences.

    Raises:
        Problem: see ``read_file``.
    """
    table = _table(data, source)
    try:
        return _document(table, source, sha256(data).hexdigest(), catalog)
    except Faulty as faulty:
        raise Problem(f"{source}: {faulty}", ExitCode.USAGE) from faulty


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            cause = "it is a folder" if path.is_dir() else "it is no file" if path.exists() else "there is no such file"
            raise Problem(f"cannot read {path}: {cause}; a document of requirements is expected", ExitCode.USAGE)
        with path.open("rb") as file:
            return file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = (getattr(error, "strerror", None) or str(error)).lower()
        words = f"cannot read {path}: {cause}; a document of requirements is expected"
        raise Problem(words, ExitCode.USAGE) from error


def _table(data: bytes, source: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - 10 ms that only a document needs

    if len(data) > _LARGEST_BYTES:
        _refuse(source, "is larger than 1 MiB: that is no document of requirements")
    if not data.strip():
        _refuse(source, f'is empty: a document that begins with schema = "{SCHEMA}" is expected')
    try:
        return load(data.decode())
    except UnicodeDecodeError as error:
        _refuse(source, f"is not UTF-8 text (byte {error.start}): a document of requirements in TOML is expected")
    except tomllib.TOMLDecodeError as error:
        _refuse(source, f"is not valid TOML: {_visible(str(error))}")
    except (RecursionError, ValueError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else _visible(str(error))
        _refuse(source, f"is not valid TOML: {why}")


def _document(table: Mapping[str, Any], source: str, digest: str, catalog: Catalog) -> Requirements:
    schema = table.get("schema")
    if schema != SCHEMA:
        found = repr(schema)[:80] if isinstance(schema, str) else "none" if schema is None else shown_type(schema)
        newer = isinstance(schema, str) and schema.startswith("netmind.requirements/")
        raise Faulty("schema", f"expected {SCHEMA}, found {found}" + (": update this program" if newer else ""))
    _check_keys(table, _KEYS, "")
    name = text(table, "name", "")
    if _NAME.fullmatch(name) is None:
        raise Faulty("name", f"expected up to 64 of a-z 0-9 . _ -, found {name!r}")
    accepts = _switch(table, "accept_declared")
    rows = _tables(table, "requirement", "")
    if not rows:
        raise Faulty("requirement", "at least one [[requirement]] is expected, found none")
    if len(rows) > _MOST:
        raise Faulty("requirement", f"{_MOST} are read at most, found {len(rows)}")
    levels = tuple(_levels(table))
    weakest = _evidence(table)
    requirements = tuple(
        read_requirement(row, number, catalog, weakest, levels) for number, row in enumerate(rows, start=1)
    )
    _check_together(requirements, accepts_declared=accepts)
    return Requirements(
        name=name,
        title=text(table, "title", ""),
        sources=_sources(table),
        source=source,
        sha256=digest,
        max_age_s=_age(table),
        accept_declared=accepts,
        levels=levels,
        requirements=requirements,
    )


def _check_together(requirements: tuple[Requirement, ...], *, accepts_declared: bool) -> None:
    """What only several of them, or one and the document, can have wrong."""
    seen: set[str] = set()
    versions: dict[str, int] = {}
    for each in requirements:
        if each.id in seen:
            raise Faulty(f"requirement {each.id!r}, id", "another requirement has the same one: each needs its own")
        seen.add(each.id)
        if each.metric.startswith(f"{DECLARED}.") and not accepts_declared:
            words = f"{each.metric} is what an owner declares, and accept_declared is not true: set it, or leave it out"
            raise Faulty(f"requirement {each.id!r}, metric", words)
        if each.version is not None and versions.setdefault(each.argument or "", each.version) != each.version:
            words = (
                f"{each.metric} is asked for beside version {versions[each.argument or '']}: one run has one of them"
            )
            raise Faulty(f"requirement {each.id!r}, metric", words)


def _levels(table: Mapping[str, Any]) -> Iterator[Level]:
    names: set[str] = set()
    for number, row in enumerate(_tables(table, "level", ""), start=1):
        where = f"level {number}"
        _check_keys(row, ("name", "devices"), where)
        name = text(row, "name", where)
        if name in names or name == "unlisted":
            raise Faulty(f"{where}, name", f"expected a name of its own and not unlisted, found {name!r}")
        names.add(name)
        devices = tuple(_listed(each, f"level {name!r}, devices") for each in _tables(row, "devices", where))
        if not devices:
            raise Faulty(f"{where}, devices", "expected at least one device")
        yield Level(name=name, devices=devices)


def _listed(row: Mapping[str, Any], where: str) -> ListedDevice:
    _check_keys(row, ("name", "memory"), where)
    memory = None
    if "memory" in row:
        try:
            memory = round(read_quantity(row["memory"], "bytes"))
        except ValueError as error:
            raise Faulty(f"{where}, memory", str(error)) from error
    return ListedDevice(name=text(row, "name", where), memory_bytes=memory)


def _tables(table: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Faulty(_at(where, key), f"expected tables ([[{key}]]), found {shown_type(found)}")
    return found


def _sources(table: Mapping[str, Any]) -> tuple[str, ...]:
    found = table.get("sources", [])
    if not isinstance(found, list):
        raise Faulty("sources", f"expected a list of strings, found {shown_type(found)}")
    return tuple(text({"sources": each}, "sources", "") for each in found)


def _evidence(table: Mapping[str, Any]) -> Evidence:
    found = table.get("evidence", Evidence.ASSERTED.value)
    if not isinstance(found, str) or found not in list(Evidence):
        words = f"expected one of {', '.join(Evidence)}, found "
        raise Faulty("evidence", words + (repr(found)[:80] if isinstance(found, str) else shown_type(found)))
    return Evidence(found)


def _age(table: Mapping[str, Any]) -> float | None:
    if "max_age" not in table:
        return None
    try:
        age_s = read_quantity(table["max_age"], "s")
    except ValueError as error:
        raise Faulty("max_age", str(error)) from error
    if age_s <= 0:
        raise Faulty("max_age", f'expected more than no time, such as "7 d", found {table["max_age"]!r}')
    return age_s


def _switch(table: Mapping[str, Any], key: str) -> bool:
    found = table.get(key, False)
    if not isinstance(found, bool):
        raise Faulty(key, f"expected true or false, found {shown_type(found)}")
    return found


def _check_keys(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            name = key if key.isprintable() and key else repr(key)
            raise Faulty(_at(where, name), f"is not a key; {nearest(key, list(known))}")


def _at(where: str, key: str) -> str:
    return f"{where}, {key}" if where else key


def _visible(sentence: str) -> str:
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in sentence)
    return shown[:1].lower() + shown[1:]


def _refuse(source: str, sentence: str) -> NoReturn:
    raise Problem(f"{source} {sentence}", ExitCode.USAGE)
