"""What the first picture does without: loaded when it is asked for, or before that, while the picture is looked at."""

from collections.abc import Iterable
from importlib import import_module
from typing import Generic, TypeVar, cast

T_co = TypeVar("T_co", covariant=True)


class Later(Generic[T_co]):
    """A module, or a member of one, that is loaded when it is first called for."""

    def __init__(self, module: str, member: str | None = None) -> None:
        self._module = module
        self._member = member

    def __call__(self) -> T_co:
        """The thing itself."""
        found = import_module(self._module)
        return cast("T_co", found if self._member is None else getattr(found, self._member))


def load(things: Iterable[Later[object]]) -> None:
    """Load them now, so that nobody waits for them who asks; for a thread beside the interface."""
    for thing in things:
        thing()
