"""Figures as people read them. Data keeps base units; only tables, narration and screens come through here."""

_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SMALL = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))
_RATE_UNITS = {"bytes/s": "B/s"}
_SCALED = frozenset({"FLOP/s", "OP/s", "bytes/s"})
_KIB = 1024


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits and no exponent: 203.6 at 4, 0.00457 at 3."""
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    if "e" in text:
        text = f"{float(text):.0f}" if abs(value) >= 1 else f"{float(text):.{digits + 6}f}".rstrip("0")
    missing = digits - len(text.replace(".", "").replace("-", "").lstrip("0"))
    if missing > 0:
        text += ("" if "." in text else ".") + "0" * missing
    return text


def scale(value: float, unit: str) -> tuple[float, str]:
    """The factor to divide by and the unit to write, so that the number stays between 1 and 1000.

    What is counted (images/s) has no prefix.
    """
    if unit == "s":
        factor, prefix = next(((f, p) for f, p in _SMALL if abs(value) >= f), _SMALL[-1])
    elif unit not in _SCALED:
        return 1.0, unit
    else:
        factor, prefix = next(((f, p) for f, p in _PREFIXES if abs(value) >= f), (1.0, ""))
    return factor, prefix + _RATE_UNITS.get(unit, unit)


def quantity(value: float | None, unit: str, digits: int = 4) -> str:
    """A figure with its unit, e.g. ``203.6 GFLOP/s``, ``32.16 GB/s``, ``4.510 µs``; a dash where there is none."""
    if value is None:
        return "—"
    if unit == "bytes":
        return gibibytes(round(value))
    factor, written = scale(value, unit)
    return f"{significant(value / factor, digits)} {written}"


def interval(bounds: tuple[float, float] | None, value: float | None, unit: str) -> str:
    """An interval in the scale of its value, without the unit: ``197.4 – 204.7``."""
    if bounds is None or value is None:
        return "—"
    factor, _ = scale(value, unit)
    low, high = (significant(bound / factor, 4) for bound in bounds)
    return f"{low} – {high}"


def percent(fraction: float | None, digits: int = 2) -> str:
    """A fraction as per cent, e.g. ``0.6 %``; a dash where there is none."""
    return "—" if fraction is None else f"{significant(100 * fraction, digits)} %"


def gibibytes(count: int | None) -> str:
    """Bytes as people compare memory: ``22.1 GiB``, below one GiB ``512 MiB``."""
    if count is None:
        return "—"
    if count < _KIB**3:
        return f"{count / _KIB**2:.0f} MiB"
    return f"{count / _KIB**3:.1f} GiB"


def duration(seconds: float) -> str:
    """A length of time: ``8.3 s``, ``2:41`` minutes, ``1:02:41`` hours."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
