"""What passes between whoever proves and whoever checks: a commitment to all rows, and some of them opened."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commitment:
    """The root over all rows of these devices, in this order."""

    devices: tuple[str, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """One row and its path to the root. ``index`` counts over all devices: device by device, row by row."""

    index: int
    row: bytes
    path: tuple[bytes, ...]
