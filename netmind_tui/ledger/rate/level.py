"""Which level of a card a device has: the one that lists its very model with its memory, and never the nearest."""

from netmind_tui.model.rate_card import Level, Listed, RateCard

_MAKER = "nvidia "
_GIB = 1 << 30
_LEAST_SHARE = 0.9
"""What the driver keeps and what error correction takes: no model that is sold in two sizes is that near the other."""


def level_of(card: RateCard, name: str | None, memory_bytes: int | None) -> Level | None:
    """The level of a device as NVML tells it; ``None`` where no level lists it."""
    if name is None:
        return None
    return next(
        (level for level in card.levels if any(is_listed(each, name, memory_bytes) for each in level.devices)), None
    )


def is_listed(device: Listed, name: str, memory_bytes: int | None) -> bool:
    """Whether it is that model, and where the card says its memory has as much of it."""
    if not any(same_model(each, name) for each in device.names):
        return False
    if device.memory_gib is None:
        return True
    full = device.memory_gib * _GIB
    return memory_bytes is not None and _LEAST_SHARE * full <= memory_bytes <= full


def same_model(one: str, other: str) -> bool:
    """Whether two names are of one model: old drivers leave the maker out of it."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return " ".join(name.casefold().split()).removeprefix(_MAKER)
