"""The judgements of a validation as rows for people: equal ones together, with what was found and what is required."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netmind_tui.certify.requirement_value import apart, shown, span
from netmind_tui.model.doctor import WORST_FIRST
from netmind_tui.model.requirement import Judgement, Operator, Value
from netmind_tui.model.selector import ranges

if TYPE_CHECKING:
    from netmind_tui.model.finding import Status

_SIGNS = {
    Operator.AT_LEAST: "≥ ",
    Operator.MORE: "> ",
    Operator.AT_MOST: "≤ ",
    Operator.LESS: "< ",
    Operator.EQUAL: "",
    Operator.OTHER: "not ",
    Operator.IN: "",
    Operator.BETWEEN: "",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement with one status, of one device or of several that came to the same."""

    judgements: tuple[Judgement, ...]

    @property
    def first(self) -> Judgement:
        """What stands for all of them."""
        return self.judgements[0]

    @property
    def devices(self) -> str:
        """The devices in short."""
        return ranges([each.device for each in self.judgements if each.device is not None])

    @property
    def actual(self) -> str:
        """What was found: one figure, or the least and the largest."""
        words = list(dict.fromkeys(actual_of(each) for each in self.judgements))
        if len(words) == 1:
            return words[0]
        numbers = [each for each in self.judgements if isinstance(each.actual, float) and each.interval is None]
        if len(numbers) < len(self.judgements):
            return f"{words[0]} …"
        least, largest = (end(numbers, key=lambda each: float(each.actual or 0)) for end in (min, max))
        return f"{actual_of(least)} – {actual_of(largest)}"


def rows_of(judgements: Sequence[Judgement]) -> list[Row]:
    """The judgements in their order, those of one requirement that came to the same together."""
    groups: dict[tuple[str, Status], list[Judgement]] = {}
    for each in judgements:
        groups.setdefault((each.id, each.status), []).append(each)
    return [Row(tuple(group)) for group in groups.values()]


def counted(judgements: Sequence[Judgement]) -> str:
    """How many came to what, the worst first."""
    found = Counter(each.status for each in judgements)
    return ", ".join(f"{found[status]} {status}" for status in WORST_FIRST if found[status])


def actual_of(judgement: Judgement) -> str:
    """What was found, in words; a dash where nothing was."""
    value, unit = judgement.actual, judgement.unit or ""
    if value is None:
        return "—"
    if isinstance(value, bool | str):
        return _word(value)
    if judgement.interval is not None:
        return span(*judgement.interval, unit)
    required = judgement.required
    options = required if isinstance(required, tuple) else (required,)
    numbers = [each for each in options if isinstance(each, float)]
    return apart(value, min(numbers, key=lambda each: abs(each - value)), unit) if numbers else shown(value, unit)


def required_of(judgement: Judgement) -> str:
    """What is required, in signs."""
    required, operator = judgement.required, judgement.operator
    if required is None or operator is None:
        return "—"
    if judgement.written is not None:
        return _SIGNS[operator] + judgement.written
    values = required if isinstance(required, tuple) else (required,)
    words = [_word(each) if isinstance(each, bool | str) else shown(each, judgement.unit or "") for each in values]
    return _SIGNS[operator] + (" – " if operator is Operator.BETWEEN else ", ").join(words)


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
