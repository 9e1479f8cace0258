"""A value as the key of a cache: the very same one, because to compare what is in it takes longer than to draw it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Same(Generic[T]):
    """Equal where the value is the same one; it is kept alive with the key, so that no other can take its place."""

    value: T

    def __eq__(self, other: object) -> bool:
        """Whether it is that very value."""
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        """By which value it is."""
        return id(self.value)
