"""The one reader for JSON that others wrote, and the one writer of JSON that is signed (RFC 8785).

The reader believes nothing: it caps size and depth before anything is parsed, and refuses what two parsers could read
differently. What passes has exactly one spelling. The one door to ``rfc8785``.
"""

import hashlib
import json
from typing import Any, NoReturn

from netmind_tui.certify.refused import Refused

LARGEST_BYTES = 4 * 2**20
DEEPEST = 32
LARGEST_INTEGER = 2**53 - 1
_DIGITS = 17  # of the largest integer, with a sign
_EXPONENT_FROM = 1e21  # smaller numbers are written with all their digits
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "compressed with gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ\x00": "compressed with xz",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
}


def read(data: bytes, what: str) -> Any:  # noqa: ANN401 - JSON is any nesting of values
    """The value of a JSON text that is exactly its own canonical form (RFC 8785).

    Args:
        data: The file's or the payload's bytes.
        what: What it is, for the sentence.

    Raises:
        Refused: too large, too deep, no UTF-8, no JSON; a member twice, a number that is not finite or an integer
            beyond 2**53 - 1; or a spelling that is not the canonical one.
    """
    value = parse(data, what)
    expected = canonical(value, what)
    if data == expected:
        return value
    if data.strip() == expected:
        where = "around it" if data[:1].isspace() else "after its end"
        raise Refused("canonical", f"{what} is not in canonical form (RFC 8785): there are blanks or newlines {where}")
    place = _first_difference(data, expected)
    raise Refused("canonical", f"{what} is not in canonical form (RFC 8785): it differs from byte {place} on")


def parse(data: bytes, what: str) -> Any:  # noqa: ANN401 - see read
    """The value of a JSON text in any spelling, guarded as in ``read``.

    Raises:
        Refused: as ``read``, except for the spelling.
    """
    if len(data) > LARGEST_BYTES:
        raise Refused("file", f"{what} is larger than {LARGEST_BYTES >> 20} MiB, the most that is read")
    if not data.strip():
        raise Refused("file", f"{what} is empty")
    for magic, name in _ARCHIVES.items():
        if data.startswith(magic):
            raise Refused("file", f"{what} is {name}: give the file inside it")
    if data.startswith(_BYTE_ORDER_MARK):
        raise Refused("file", f"{what} begins with a byte order mark, which JSON does not have")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("file", f"{what} is not UTF-8 at byte {error.start}") from error
    _check_depth(text, what)
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _members(pairs, what),
            parse_constant=lambda name: _not_finite(name, what),
            parse_int=lambda digits: _integer(digits, what),
            parse_float=lambda digits: _number(digits, what),
        )
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise Refused("file", f"{what} is cut short: its JSON does not end") from error
        raise Refused("file", f"{what} is not valid JSON: {_lower(error.msg)} at character {error.pos}") from error
    return value


def canonical(value: object, what: str = "the document") -> bytes:
    """A value as JSON in its canonical form (RFC 8785), in UTF-8 and without a newline.

    Raises:
        Refused: it holds something that has none, or none that ``read`` takes: half a surrogate pair, a number that is
            not finite, one that is written as an integer beyond 2**53 - 1; or it is longer than is ever read.
    """
    import rfc8785  # noqa: PLC0415 - only what signs or verifies needs it

    _check_numbers(value, what)
    try:
        data = rfc8785.dumps(value)  # type: ignore[arg-type] # any nesting of JSON's values; it refuses others
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise Refused("file", f"{what} has no canonical form: {_lower(str(error))}") from error
    if len(data) > LARGEST_BYTES:
        raise Refused("file", f"{what} is larger than {LARGEST_BYTES >> 20} MiB, the most that is read")
    return data


def sha256(data: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _check_depth(text: str, what: str) -> None:
    """Refuse deep nesting before a parser sees it: brackets outside of strings, and nothing else."""
    depth, quoted, escaped = 0, False, False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            if depth > DEEPEST:
                raise Refused("file", f"{what} is nested deeper than {DEEPEST} levels")
        elif character in "]}":
            depth -= 1


def _check_numbers(value: object, what: str) -> None:
    """Refuse numbers whose canonical spelling is that of an integer that no reader takes: 1e16 has 17 digits."""
    if isinstance(value, float):
        if LARGEST_INTEGER < abs(value) < _EXPONENT_FROM:
            words = f"{what} holds {value:g}, which has only an integer's spelling, and one beyond 2^53"
            raise Refused("file", words)
    elif isinstance(value, dict):
        for each in value.values():
            _check_numbers(each, what)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_numbers(each, what)


def _members(pairs: list[tuple[str, Any]], what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refused("file", f"{what} has the member {name!r} twice in one object")
        found[name] = value
    return found


def _not_finite(name: str, what: str) -> NoReturn:
    raise Refused("file", f"{what} holds {name}, which is no number of JSON")


def _integer(digits: str, what: str) -> int:
    if len(digits) > _DIGITS or abs(int(digits)) > LARGEST_INTEGER:
        shown = digits if len(digits) <= 2 * _DIGITS else f"{digits[:_DIGITS]}…"
        raise Refused("file", f"{what} holds the integer {shown}, beyond 2^53: not every reader keeps it exactly")
    return int(digits)


def _number(digits: str, what: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Refused("file", f"{what} holds a number beyond what a double can carry")
    return number


def _first_difference(one: bytes, other: bytes) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
