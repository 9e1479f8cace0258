"""Prometheus' text format: families of samples as node_exporter's textfile collector reads them.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

Number = float | int | bool | None
Labels = tuple[tuple[str, str], ...]

_SURROGATE = str.maketrans(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))


@dataclass(slots=True)
class Family:
    """One metric: its name with the base unit in it, what it means, and its samples by their labels.

    A sample that is missing or not finite is left out, never 0 and never NaN; a label that is missing likewise. Of two
    samples with the same labels the later one stays: a reader refuses the whole file otherwise.
    """

    name: str
    help: str
    kind: Literal["gauge", "counter"] = "gauge"
    samples: dict[Labels, float | int] = field(default_factory=dict)

    def add(self, value: Number, **labels: str | None) -> None:
        """Add one sample."""
        if value is not None and math.isfinite(value):
            self.samples[_given(labels)] = value

    def add_states(self, state: StrEnum, **labels: str | None) -> None:
        """Add one sample for each state that there could be: 1 for the one that holds, 0 for all others."""
        for each in type(state):
            self.add(each is state, **labels, status=each)


class Families:
    """The families of one document, made at first mention and kept in that order."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._families: dict[str, Family] = {}

    def gauge(self, name: str, help_: str) -> Family:
        """The gauge of that name, without the prefix."""
        return self._families.setdefault(name, Family(f"{self._prefix}_{name}", help_))

    def counter(self, name: str, help_: str) -> Family:
        """The counter of that name, which ends in ``_total``."""
        return self._families.setdefault(name, Family(f"{self._prefix}_{name}", help_, "counter"))

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())


def exposition(families: Iterable[Family]) -> str:
    """The families as text; one without samples is left out."""
    return "".join(line for family in families if family.samples for line in _lines(family))


def openmetrics(families: Iterable[Family]) -> str:
    """The families as OpenMetrics 1.0 has them: a counter's family is named without ``_total``, and the end is marked.

    https://prometheus.io/docs/specs/om/open_metrics_spec/
    """
    lines = []
    for family in families:
        if family.samples:
            named = family.name.removesuffix("_total") if family.kind == "counter" else family.name
            head = (f"# TYPE {named} {family.kind}\n", f"# HELP {named} {_quoted(family.help)}\n")
            lines += [*head, *list(_lines(family))[2:]]
    return "".join((*lines, "# EOF\n"))


def timestamp(moment: str | None) -> float | None:
    """Seconds since 1970 of a moment in ISO 8601; ``None`` where there is none that can be read."""
    try:
        return datetime.fromisoformat(moment).timestamp() if moment else None
    except ValueError:
        return None


def _given(labels: Mapping[str, str | None]) -> Labels:
    return tuple((name, value) for name, value in labels.items() if value is not None)


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    for labels, value in family.samples.items():
        written = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels)
        yield f"{family.name}{{{written}}} {_number(value)}\n" if labels else f"{family.name} {_number(value)}\n"


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, int) else repr(value)


def _escaped(text: str) -> str:
    return text.translate(_SURROGATE).replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
