"""One requirement of a document: every key known, of its type, and such that it can be judged at all."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from netmind_tui.certify.metric import METRICS, Kind, Metric, Origin, Scope, find_metric
from netmind_tui.certify.metric_finding import FINDING_IDS
from netmind_tui.certify.requirement_value import read_quantity, read_version, shown_type, version_key
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.finding import Action
from netmind_tui.model.kernel import Catalog, Kernel, Phase
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.requirement import BASELINE, Devices, Level, Operator, Relative, Requirement, Severity, Value
from netmind_tui.model.selector import parse

Word = TypeVar("Word", bound=StrEnum)

_KEYS = (
    "id",
    "title",
    "metric",
    "operator",
    "value",
    "devices",
    "severity",
    "purpose",
    "remediation",
    "action",
    "relative_to",
    "phase",
    "evidence",
)
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TAKEN = {
    "correctness": "correct results are always required",
    "certificate": "that is the certificate's own",
    BASELINE: "that is what --baseline judges",
}
_LONGEST = 500
_AT_LEAST = re.compile(r"at least ([1-9][0-9]{0,3}) (.+)")
_OPERATORS = {
    Kind.NUMBER: tuple(Operator),
    Kind.VERSION: tuple(Operator),
    Kind.WORD: (Operator.EQUAL, Operator.OTHER, Operator.IN),
    Kind.SWITCH: (Operator.EQUAL, Operator.OTHER),
}
_PHASES = (Phase.BURST, Phase.SUSTAINED)
_ENDS = 2
# What CI servers would obey if it began a line of the log.
_COMMANDS = ("::", "##[")


class Faulty(Exception):  # noqa: N818 - it is what the document is
    """A document has something that cannot be meant: where, and what was expected."""

    def __init__(self, where: str, sentence: str) -> None:
        super().__init__(f"{where}: {sentence}" if not sentence.startswith("is not a key") else f"{where} {sentence}")


def text(table: Mapping[str, Any], key: str, where: str) -> str:
    """A member that must be there: one line of text that a terminal and a CI server can show as it is.

    Raises:
        Faulty: it is not there, or something else.
    """
    at = f"{where}, {key}" if where else key
    if key not in table:
        raise Faulty(at, "it is missing, and a string is expected")
    found = table[key]
    if not isinstance(found, str):
        raise Faulty(at, f"expected a string, found {shown_type(found)}")
    if not found.strip() or not found.isprintable() or len(found) > _LONGEST:
        raise Faulty(at, f"expected one line of 1 to {_LONGEST} printable characters, found {found[:40]!r}")
    if any(command in found for command in _COMMANDS):
        raise Faulty(at, "it must hold neither :: nor ##[, which CI servers obey where they begin a line")
    return found.strip()


def requirement(
    row: Mapping[str, Any], number: int, catalog: Catalog, weakest: Evidence, levels: tuple[Level, ...]
) -> Requirement:
    """The requirement in a table; ``weakest`` is the evidence that holds where it names none of its own.

    Raises:
        Faulty: it has something that cannot be meant.
    """
    id_ = text(row, "id", f"requirement {number}")
    if _ID.fullmatch(id_) is None:
        raise Faulty(f"requirement {number}, id", f"expected up to 64 of a-z 0-9 . _ -, found {id_!r}")
    where = f"requirement {id_!r}"
    if taken := _TAKEN.get(id_.partition(".")[0] if id_.startswith(f"{BASELINE}.") else id_):
        raise Faulty(f"{where}, id", f"choose another one: {taken}")
    for key in row:
        if key not in _KEYS:
            name = key if key.isprintable() and key else repr(key)
            raise Faulty(f"{where}, {name}", f"is not a key; {nearest(key, list(_KEYS))}")
    name = text(row, "metric", where)
    metric, argument, version, kernel = _metric(name, catalog, where)
    relative = _one_of(row, "relative_to", Relative, where)
    if relative is not None and metric.name != "kernel.":
        raise Faulty(f"{where}, relative_to", f"only the rate of a kernel is relative to something, {name} is not")
    phase = _one_of(row, "phase", Phase, where, _PHASES)
    if phase is not None and kernel is None:
        raise Faulty(f"{where}, phase", f"only kernels have phases, {name} has none")
    unit = "%" if relative is not None else kernel.unit if kernel and metric.name == "kernel." else metric.unit
    operator = _operator(row, metric, where)
    required = _required(row, operator, metric, unit, where)
    if metric.name == "device.level":
        _check_levels(required, levels, where)
    return Requirement(
        id=id_,
        title=text(row, "title", where) if "title" in row else f"{name} {operator} {_written(row['value'], operator)}",
        metric=name,
        argument=argument,
        version=version,
        operator=operator,
        required=required,
        written=_written(row["value"], operator),
        unit=unit,
        devices=_devices(row, metric, where),
        severity=_one_of(row, "severity", Severity, where) or Severity.FAIL,
        purpose=text(row, "purpose", where) if "purpose" in row else None,
        remediation=text(row, "remediation", where) if "remediation" in row else metric.remedy,
        action=_one_of(row, "action", Action, where) or metric.action,
        relative_to=relative,
        phase=phase,
        evidence=_weakest(row, metric, weakest, where),
    )


def _metric(name: str, catalog: Catalog, where: str) -> tuple[Metric, str | None, int | None, Kernel | None]:
    """The metric, what is named behind it, and of a kernel the version and the entry."""
    found = find_metric(name)
    if found is None:
        known = [metric.name + ("ID" if metric.is_family else "") for metric in METRICS]
        raise Faulty(f"{where}, metric", f"{name!r} is not a metric; {nearest(name, known)}")
    metric, argument = found
    if argument is None:
        return metric, None, None, None
    if metric.origin is Origin.HEALTH:
        if argument not in FINDING_IDS:
            raise Faulty(f"{where}, metric", f"{argument!r} is no finding; {nearest(argument, list(FINDING_IDS))}")
        return metric, argument, None, None
    id_, _, written = argument.partition("@")
    same = [kernel for kernel in catalog.kernels if kernel.id == id_]
    if not same:
        offer = nearest(id_, [kernel.id for kernel in catalog.kernels])
        raise Faulty(f"{where}, metric", f"{id_!r} is no kernel of the catalogue; {offer}")
    if "@" not in argument:
        return metric, id_, None, catalog.kernel(id_)
    versions = ", ".join(f"{id_}@{kernel.version}" for kernel in same)
    kernel = next((kernel for kernel in same if str(kernel.version) == written), None)
    if kernel is None:
        raise Faulty(f"{where}, metric", f"{argument} is not in this program's catalogue, which has {versions}")
    return metric, id_, kernel.version, kernel


def _operator(row: Mapping[str, Any], metric: Metric, where: str) -> Operator:
    offered = _OPERATORS[metric.kind]
    found = row.get("operator")
    if isinstance(found, str) and found in list(Operator) and Operator(found) in offered:
        return Operator(found)
    shown = "none" if found is None else repr(found)[:40] if isinstance(found, str) else shown_type(found)
    words = f"{metric.name} is {metric.kind}: expected one of {' '.join(offered)}, found {shown}"
    raise Faulty(f"{where}, operator", words)


def _required(row: Mapping[str, Any], operator: Operator, metric: Metric, unit: str, where: str) -> tuple[Value, ...]:
    if "value" not in row:
        raise Faulty(f"{where}, value", "it is missing")
    found = row["value"]
    several = operator in (Operator.IN, Operator.BETWEEN)
    if several is not isinstance(found, list):
        expected = "a list" if several else "one value"
        raise Faulty(f"{where}, value", f"the operator {operator} takes {expected}, found {shown_type(found)}")
    given = found if isinstance(found, list) else [found]
    if not given or (operator is Operator.BETWEEN and len(given) != _ENDS):
        expected = "two values" if operator is Operator.BETWEEN else "at least one value"
        raise Faulty(f"{where}, value", f"the operator {operator} takes {expected}, found {len(given)}")
    values = tuple(_value(each, metric, unit, where) for each in given)
    if operator is Operator.BETWEEN and _order(values[0]) > _order(values[1]):
        raise Faulty(f"{where}, value", f"the first is above the second: nothing lies between {_written(found)}")
    return values


def _order(value: Value) -> tuple[float, ...]:
    return (version_key(value) or ()) if isinstance(value, str) else (float(value),)


def _value(value: object, metric: Metric, unit: str, where: str) -> Value:
    try:
        if metric.kind is Kind.NUMBER:
            return read_quantity(value, unit)
        if metric.kind is Kind.VERSION:
            return read_version(value)
    except ValueError as error:
        raise Faulty(f"{where}, value", str(error)) from error
    if metric.kind is Kind.SWITCH:
        if not isinstance(value, bool):
            found = repr(value)[:40] if isinstance(value, str) else shown_type(value)
            raise Faulty(f"{where}, value", f"expected true or false, found {found}")
        return value
    return text({"value": value}, "value", where)


def _check_levels(required: tuple[Value, ...], levels: tuple[Level, ...], where: str) -> None:
    known = ["unlisted", *(level.name for level in levels)]
    if not levels:
        raise Faulty(f"{where}, metric", "device.level needs the published levels: this document has no [[level]]")
    for value in required:
        if value not in known:
            raise Faulty(f"{where}, value", f"{value!r} is no level of this document; {nearest(str(value), known)}")


def _devices(row: Mapping[str, Any], metric: Metric, where: str) -> Devices | None:
    at = f"{where}, devices"
    if metric.scope is Scope.MACHINE:
        if "devices" in row:
            raise Faulty(at, f"{metric.name} is of the whole machine: leave it out")
        return None
    if "devices" not in row:
        raise Faulty(at, 'it is missing: expected "gpu", "cpu", "each gpu" or "at least 4 gpu"')
    written = text(row, "devices", where)
    match = _AT_LEAST.fullmatch(written)
    names = match[2] if match else written.removeprefix("each ")
    if metric.scope is Scope.COUNT and names != written:
        raise Faulty(at, f'{metric.name} counts a class such as "gpu": its value says how many, found {written!r}')
    try:
        parse(names)
    except Problem as problem:
        raise Faulty(at, problem.sentence) from problem
    return Devices(names=names, at_least=int(match[1]) if match else None)


def _weakest(row: Mapping[str, Any], metric: Metric, weakest: Evidence, where: str) -> Evidence:
    own = _one_of(row, "evidence", Evidence, where)
    if own is not None and own is not Evidence.ASSERTED and metric.origin is not Origin.KERNEL:
        raise Faulty(
            f"{where}, evidence", f"{metric.name} is {metric.origin}: nothing more than asserted stands behind it"
        )
    return own or weakest


def _one_of(
    row: Mapping[str, Any], key: str, kind: type[Word], where: str, offered: Sequence[Word] | None = None
) -> Word | None:
    """A member that is one of a few words; ``None`` where it is not there."""
    if key not in row:
        return None
    known = [each.value for each in offered or kind]
    found = row[key]
    if isinstance(found, str) and found in known:
        return kind(found)
    shown = repr(found)[:40] if isinstance(found, str) else shown_type(found)
    raise Faulty(f"{where}, {key}", f"expected one of {', '.join(known)}, found {shown}")


def _written(value: object, operator: Operator | None = None) -> str:
    """A value as its author wrote it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, list):
        return str(value)
    words = [_written(each) for each in value]
    return " to ".join(words) if operator is Operator.BETWEEN else ", ".join(words)
