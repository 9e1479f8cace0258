"""Required values as people write them, ``24 GiB``, ``8 GPUs``, ``80 TFLOP/s``, ``85 °C``, and back into words."""

import re
from collections.abc import Mapping
from fractions import Fraction

from netmind_tui.model.problem import nearest
from netmind_tui.model.quantity import quantity, significant

_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,12})?)\s*([^\s0-9.].*)?")
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}")

_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}


def _prefixed(*words: str, binary: bool = False) -> dict[str, Fraction]:
    prefixes = _DECIMAL | (_BINARY if binary else {})
    return {prefix + word: Fraction(factor) for word in words for prefix, factor in prefixes.items()}


def _counted(*words: str) -> dict[str, Fraction]:
    return dict.fromkeys(words, Fraction(1))


UNITS: Mapping[str, Mapping[str, Fraction]] = {
    "bytes": _prefixed("B", binary=True) | _counted("bytes"),
    "bytes/s": _prefixed("B/s", binary=True) | _counted("bytes/s"),
    "FLOP/s": _prefixed("FLOP/s", "FLOPS"),
    "OP/s": _prefixed("OP/s", "OPS"),
    "bit/s": _prefixed("bit/s", "bps"),
    "s": {
        "ns": Fraction(1, 10**9),
        "µs": Fraction(1, 10**6),
        "us": Fraction(1, 10**6),
        "ms": Fraction(1, 1000),
        "s": Fraction(1),
        "min": Fraction(60),
        "h": Fraction(3600),
        "d": Fraction(86400),
    },
    "W": {"W": Fraction(1), "kW": Fraction(1000)},
    "°C": _counted("°C", "C", "K"),
    "%": {"%": Fraction(1, 100)},
    "images/s": _counted("images/s"),
    "sequences/s": _counted("sequences/s"),
    "tokens/s": _counted("tokens/s"),
    "cores": _counted("cores", "core"),
    "lanes": _counted("lanes", "lane"),
    "ports": _counted("ports", "port"),
    "devices": _counted("devices", "device", "GPUs", "GPU", "CPUs", "CPU", "slices", "slice"),
    "kernels": _counted("kernels", "kernel"),
    "findings": _counted("findings", "finding"),
    "generation": _counted("generation"),
}
"""Base units, and what may be written for each with its factor. A share is a fraction: ``90 %`` is 0.9."""

EXAMPLES: Mapping[str, str] = {
    "bytes": '"24 GiB"',
    "bytes/s": '"800 GB/s"',
    "FLOP/s": '"80 TFLOP/s"',
    "OP/s": '"200 TOP/s"',
    "bit/s": '"500 Mbit/s"',
    "s": '"3 d" or "20 µs"',
    "W": '"300 W"',
    "°C": '"85 °C"',
    "%": '"90 %"',
    "images/s": '"900 images/s"',
    "sequences/s": '"900 sequences/s"',
    "tokens/s": '"900 tokens/s"',
    "cores": '"8 cores"',
    "lanes": '"16 lanes"',
    "ports": '"24 ports"',
    "devices": '"8 GPUs"',
    "kernels": '"0 kernels"',
    "findings": '"0 findings"',
    "generation": "4",
}
"""One value of each base unit, as it stands in a document."""

_WHOLE = frozenset({"lanes", "ports", "devices", "kernels", "findings", "generation"})
_BARE = frozenset({"devices", "kernels", "findings", "generation", "lanes", "ports"})
_PLURAL = frozenset({"cores", "lanes", "ports", "devices", "kernels", "findings"})
_LONG_S = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
_SIZES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_MOST_DIGITS = 12


def read_quantity(value: object, unit: str) -> float:
    """A number with its unit in that base unit; what is only counted may stand without one.

    Raises:
        ValueError: it is none of that unit; the message says what was expected and what was found.
    """
    expected = f"expected {EXAMPLES[unit]} or the like"
    if isinstance(value, int) and not isinstance(value, bool):
        if unit in _BARE and 0 <= value < 10**9:
            return float(value)
        raise ValueError(f"{expected}, found {value}" + ("" if unit in _BARE else " without a unit"))
    if not isinstance(value, str):
        found = f"{value} without a unit" if isinstance(value, float) else shown_type(value)
        raise ValueError(f"{expected}, found {found}")  # noqa: TRY004 - one kind of refusal for all
    match = _NUMBER.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"{expected}, found {value!r}")
    number, written = Fraction(match[1]), match[2]
    known = UNITS[unit]
    if written is None:
        if unit not in _BARE:
            raise ValueError(f"{expected}, found {value!r} without a unit")
        written = next(iter(known))
    if written not in known:
        raise ValueError(f"{expected}, found {value!r}; {_about(written, unit)}")
    exact = number * known[written]
    if unit in _WHOLE and exact.denominator != 1:
        raise ValueError(f"{expected}, found {value!r}: a whole number is meant")
    return float(exact)


def _about(written: str, unit: str) -> str:
    """What is to be said about a unit that does not fit."""
    other = next((base for base, known in UNITS.items() if written in known), None)
    if other is not None:
        return f"{written} is a unit of another kind"
    return f"{written!r} is no unit of it; {nearest(written, list(UNITS[unit]))}"


def read_version(value: object) -> str:
    """A version such as ``580.65.06``.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str) and _VERSION.fullmatch(value.strip()):
        return value.strip()
    found = repr(value) if isinstance(value, str | int | float) else shown_type(value)
    raise ValueError(f'expected a version in quotes such as "12.4", found {found}')


def version_key(text: str) -> tuple[int, ...] | None:
    """What versions are ordered by; ``None`` where it is no version. Zeros at the end say nothing."""
    match = _VERSION.match(text)
    if match is None:
        return None
    numbers = [int(part) for part in match[0].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def shown(value: float, unit: str, digits: int = 4) -> str:
    """A figure as people read it, in the words in which one could write it too: ``23.6 GiB``, ``3 d``, ``1 port``."""
    if unit == "bytes":
        factor, name = next(((factor, name) for factor, name in _SIZES if value >= factor), (1, "B"))
        return f"{_trimmed(value / factor, digits)} {name}"
    if unit == "%":
        return f"{_trimmed(100 * value, digits)} %"
    if unit == "bit/s":
        return quantity(value, "bytes/s", digits).replace("B/s", "bit/s")
    if unit == "s" and value >= _LONG_S[-1][0]:
        factor_s, name = next((f, n) for f, n in _LONG_S if value >= f)
        return f"{_trimmed(value / factor_s, digits)} {name}"
    if unit == "s" or unit in ("FLOP/s", "OP/s", "bytes/s"):
        return quantity(value, unit, digits) if value else f"0 {unit}"
    if unit == "generation":
        return f"generation {value:g}"
    word = unit.removesuffix("s") if unit in _PLURAL and value == 1 else unit
    return f"{_trimmed(value, digits)} {word}"


def span(low: float, high: float, unit: str) -> str:
    """A range as people read it: ``83.6 – 96.6 GFLOP/s``, each end with its unit where they differ."""
    first, last = shown(low, unit), shown(high, unit)
    number, _, word = first.rpartition(" ")
    return f"{number if number and last.endswith(f' {word}') else first} – {last}"


def apart(actual: float, required: float, unit: str) -> str:
    """The actual figure with as many digits as it takes to tell it from the required one."""
    for digits in range(4, _MOST_DIGITS):
        text = shown(actual, unit, digits)
        if actual == required or text != shown(required, unit, digits):
            return text
    return f"{actual!r} {unit}"


def shown_type(value: object) -> str:
    """What a value of TOML is, in words."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")


def _trimmed(value: float, digits: int) -> str:
    text = significant(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text
