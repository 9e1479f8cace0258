"""Tables of a file made into values: every key known, every value possible, every fault found at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netmind_tui.ledger.rate.value import shown
from netmind_tui.model.problem import nearest

Reader = Callable[[object], object]
_MEMBERS = {"from": "start", "until": "end"}
"""Keys that are no names of members in Python."""
_MOST_ROWS, _MOST_SAID = 1000, 3


@dataclass(frozen=True, slots=True)
class Section:
    """Tables of one kind: what each becomes, and how the value of each key is read.

    ``make`` gets the members by name, and may refuse the whole with a ``ValueError``.
    """

    make: Callable[..., Any]
    needed: Mapping[str, Reader]
    optional: Mapping[str, Reader] = field(default_factory=dict)

    def one(self, value: object, where: str, faults: list[str]) -> Any:  # noqa: ANN401 - whatever ``make`` makes
        """The value of one table; ``None`` where it has a fault, each of which is noted with where it is."""
        if not isinstance(value, dict):
            faults.append(f"{where}: expected a table, found {shown(value)}")
            return None
        readers = {**self.needed, **self.optional}
        wrong = [f"{where}.{name}: is missing" for name in self.needed if name not in value]
        members: dict[str, object] = {}
        for name, given in value.items():
            if name not in readers:
                wrong.append(f"{where}.{_visible(name)}: is not a key; {nearest(name, list(readers))}")
                continue
            try:
                members[str(_MEMBERS.get(name, name))] = readers[name](given)
            except ValueError as error:
                wrong.append(f"{where}.{name}: {error}")
        if not wrong:
            try:
                return self.make(**members)
            except ValueError as error:
                wrong.append(f"{where}: {error}")
        faults += wrong
        return None

    def all(self, value: object, where: str, faults: list[str]) -> tuple[Any, ...]:
        """The values of all tables of a list, in its order, without those that have a fault."""
        if not isinstance(value, list):
            faults.append(f"{where}: expected tables in double brackets, [[{where}]], found {shown(value)}")
            return ()
        if len(value) > _MOST_ROWS:
            faults.append(f"{where}: {_MOST_ROWS} are read at most, found {len(value)}")
            return ()
        found = (self.one(each, f"{where} {number}", faults) for number, each in enumerate(value, start=1))
        return tuple(each for each in found if each is not None)


def nested(section: Section, what: str) -> Reader:
    """A reader of tables within a table; ``what`` says what each of them is."""

    def read(value: object) -> tuple[Any, ...]:
        faults: list[str] = []
        found = section.all(value, what, faults)
        if faults:
            raise ValueError("; ".join(faults[:_MOST_SAID]))
        return found

    return read


def _visible(key: str) -> str:
    return key if key.isprintable() else repr(key)
