"""The tree of digests over all rows of all devices: one root stands for every byte, and a path shows one row in it.

A leaf is SHA-256 of 0, the device (SHA-256 of its word), the row's number within it (64 bits, little-endian) and the
row; a node is SHA-256 of 1 and its two children. Every device has a tree of its own; their roots, filled up with zeros
to a power of two, are the leaves of the top. So all paths have one length.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

DIGEST_BYTES = 32
_ABSENT = bytes(DIGEST_BYTES)


def device_tag(device: str) -> bytes:
    """A device's word as it stands in every leaf of it, always 32 bytes."""
    return sha256(device.encode()).digest()


def leaf_of(tag: bytes, index: int, row: bytes) -> bytes:
    """The leaf of one row."""
    return sha256(b"\x00" + tag + index.to_bytes(8, "little") + row).digest()


class Tree:
    """All levels over a power of two of leaves; ``root`` is the last."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        if not leaves or len(leaves) & (len(leaves) - 1):
            raise ValueError(len(leaves))
        self._levels = [list(leaves)]
        while len(level := self._levels[-1]) > 1:
            pairs = zip(level[::2], level[1::2], strict=True)
            self._levels.append([_node(left, right) for left, right in pairs])

    @property
    def root(self) -> bytes:
        """The one digest over all leaves."""
        return self._levels[-1][0]

    def leaf(self, index: int) -> bytes:
        """The leaf of one row."""
        return self._levels[0][index]

    def path(self, index: int) -> tuple[bytes, ...]:
        """The siblings on the way from a leaf to the root, lowest first."""
        return tuple(level[(index >> height) ^ 1] for height, level in enumerate(self._levels[:-1]))


def top_of(device_roots: Sequence[bytes]) -> Tree:
    """The tree over the devices' own roots."""
    width = 1 << (len(device_roots) - 1).bit_length()
    return Tree([*device_roots, *[_ABSENT] * (width - len(device_roots))])


def path_length(devices: int, rows: int) -> int:
    """How many siblings every path has, for so many devices with so many rows each."""
    return (rows - 1).bit_length() + (devices - 1).bit_length()


def root_from(leaf: bytes, index: int, path: Sequence[bytes]) -> bytes:
    """The root to which a leaf and its siblings lead; ``index`` counts over all devices."""
    digest = leaf
    for height, sibling in enumerate(path):
        digest = _node(sibling, digest) if index >> height & 1 else _node(digest, sibling)
    return digest


def siblings_of(paths: Mapping[int, Sequence[bytes]]) -> tuple[bytes, ...]:
    """What is missing to come from some leaves to the root, each digest once: level by level, from left to right.

    ``paths`` are those of the leaves, by their numbers.
    """
    found = []
    known = dict(paths)
    height = len(next(iter(paths.values())))
    for level in range(height):
        found += [known[index][level] for index in _lonely(known)]
        known = {index >> 1: path for index, path in sorted(known.items())}
    return tuple(found)


def count_siblings(indices: Sequence[int], height: int) -> int:
    """How many digests ``siblings_of`` gives for these leaves of a tree of that height."""
    count, known = 0, set(indices)
    for _ in range(height):
        count += len(list(_lonely(known)))
        known = {index >> 1 for index in known}
    return count


def root_with(leaves: Mapping[int, bytes], height: int, siblings: Sequence[bytes]) -> bytes:
    """The root to which leaves and exactly as many siblings lead as ``count_siblings`` says."""
    known, rest = dict(leaves), iter(siblings)
    for _ in range(height):
        known |= {index ^ 1: next(rest) for index in list(_lonely(known))}
        known = {index >> 1: _node(known[index], known[index ^ 1]) for index in known if not index & 1}
    return known[0]


def _lonely(known: Mapping[int, object] | set[int]) -> Iterator[int]:
    """The numbers on one level whose sibling is not among them, from left to right."""
    return (index for index in sorted(known) if index ^ 1 not in known)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
