"""The border where values become JSON and JSON becomes values, and the schemas that both sides keep.

The one door to msgspec. Output is always valid JSON: a number that is not finite leaves as null.
"""

from importlib import import_module
from typing import Any, TypeVar

import msgspec

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

T = TypeVar("T")

# Every document that a command prints, by the name that ``netmind schema`` knows it under: add yours here. Where its
# class is, and not the class itself: importing all of them costs each command that prints one 20 ms.
SCHEMAS = {
    "agent": "control:Greeting",
    "backup": "backup:Backup",
    "bench": "measurement:Run",
    "catalog": "plan:CatalogDocument",
    "certificate": "certificate:Certificate",
    "challenge": "challenge:ChallengeLog",
    "challenge-verdict": "verdict:ChallengeVerdict",
    "compare": "comparison:Comparison",
    "config": "configuration:Configuration",
    "doctor": "doctor:Diagnosis",
    "earnings": "earnings:Earnings",
    "energy": "energy:Energy",
    "energy-calibration": "energy:Calibration",
    "entries": "earnings:Entries",
    "event": "event:EventDocument",
    "events": "agent:Events",
    "explanation": "explanation:Explanation",
    "history": "comparison:HistoryDocument",
    "identity": "identity:NodeIdentity",
    "info": "info:Info",
    "intervals": "metering:Intervals",
    "lease": "control:Lease",
    "ledger-backups": "books:LedgerCopies",
    "ledger-check": "books:LedgerCheck",
    "ledger-entry": "earnings:EntryDocument",
    "ledger-restored": "books:LedgerRestored",
    "ledger-verification": "books:LedgerVerification",
    "measurement": "measurement:MeasurementDocument",
    "node-status": "control:NodeStatus",
    "override": "agent:OverrideRequest",
    "plan": "plan:PlanDocument",
    "policy": "policy:PolicyDocument",
    "prices": "worth:Prices",
    "profiles": "requirement:ProfilesDocument",
    "rate-card": "rate_card:RateCardDocument",
    "rate-cards": "rate_card:RateCardsDocument",
    "recording": "recording:RecordingHeader",
    "result": "result:Result",
    "retirement": "backup:Retirement",
    "rollup": "control:Rollup",
    "sample": "info:SampleDocument",
    "status": "agent:Status",
    "timeline": "timeline:Timeline",
    "validation": "requirement:Validation",
    "verification": "verification:Verification",
    "why": "agent:Why",
    "workload-log": "workload:WorkloadLog",
    "workloads": "workload:WorkloadsStatus",
    "workloads-check": "workload:WorkloadsCheck",
}


def document_class(name: str) -> type:
    """The class of a document.

    Raises:
        Problem: there is no document of that name.
    """
    if name not in SCHEMAS:
        raise Problem(f"schema {name}: there is no such document; {nearest(name, list(SCHEMAS))}", ExitCode.USAGE)
    module, _, kind = SCHEMAS[name].partition(":")
    found: type = getattr(import_module(f"netmind_tui.model.{module}"), kind)
    return found


def encode(document: object) -> bytes:
    """A document as JSON on one line, in UTF-8; what of a path or a name is no text is replaced by ``?``."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return msgspec.json.encode(_in_unicode(msgspec.to_builtins(document)))


def _in_unicode(value: Any) -> Any:  # noqa: ANN401 - any nesting of JSON's values
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, list):
        return [_in_unicode(each) for each in value]
    if isinstance(value, dict):
        return {_in_unicode(key): _in_unicode(each) for key, each in value.items()}
    return value


def encode_pretty(document: object) -> str:
    """A document as JSON for people: two blanks a level, and a newline at the end."""
    return msgspec.json.format(encode(document), indent=2).decode() + "\n"


def decode(data: bytes, kind: type[T], source: str = "the document") -> T:
    """The value in a JSON document; members that ``kind`` does not know are passed over.

    Raises:
        Problem: it is no JSON, another document, or one with a member that is missing or of the wrong type;
            the sentence names the source and the member.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        found, expected = _schema_found(data), _schema_of(kind)
        if expected is not None and found != expected:
            raise Problem(f"{source}: expected schema {expected}, found {found or 'none'}", ExitCode.USAGE) from error
        raise Problem(f"{source}: {_lower(str(error))}", ExitCode.USAGE) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{source} is not valid JSON: {_lower(str(error))}", ExitCode.USAGE) from error
    except RecursionError as error:
        raise Problem(f"{source} is nested too deeply", ExitCode.USAGE) from error


def plain(document: object) -> Any:  # noqa: ANN401 - any nesting of JSON's values
    """A document as dicts, lists, strings, numbers, booleans and ``None``: what JSON has, before it is written."""
    return msgspec.to_builtins(document)


def convert(value: object, kind: type[T]) -> T:
    """The reverse of ``plain``; members that ``kind`` does not know are passed over.

    Raises:
        Problem: a member is missing or of the wrong type; the sentence names the member.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Problem(_lower(str(error)), ExitCode.USAGE) from error


def is_json(data: bytes) -> bool:
    """Whether it is JSON at all, and not only the beginning of some."""
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    except RecursionError:
        return True
    return True


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document.

    Raises:
        Problem: there is no document of that name.
    """
    kind = document_class(name)
    generated = msgspec.json.schema(kind)
    identifier = _schema_of(kind)
    definition = generated["$defs"][kind.__name__]
    definition["properties"] = {"schema": {"const": identifier}} | {
        name: member for name, member in definition["properties"].items() if name != "schema"
    }
    definition["required"] = ["schema", *definition.get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{str(identifier).replace('.', ':').replace('/', ':')}",
        "title": identifier,
        **generated,
    }


def _schema_of(kind: type) -> str | None:
    """What the ``schema`` member of a document always says; ``None`` for a value that is no document."""
    fields: dict[str, Any] = getattr(kind, "__dataclass_fields__", {})
    return fields["schema"].default if "schema" in fields else None


def _schema_found(data: bytes) -> str | None:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    schema = found.get("schema") if isinstance(found, dict) else None
    return schema if isinstance(schema, str) else None


def _lower(sentence: str) -> str:
    """A sentence as it goes on within another; a name in capitals stays one."""
    return sentence if sentence[:2].isupper() else sentence[:1].lower() + sentence[1:]
