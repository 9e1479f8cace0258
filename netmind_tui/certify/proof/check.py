"""Whether openings show the chain: exactly the rows that were drawn, in the tree committed to, byte for byte."""

from collections.abc import Sequence

import numpy as np

from netmind_tui.bench.reference.chain import Rows, advance, start_rows, weights
from netmind_tui.certify.proof.health import health_of
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.certify.refused import Refused
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.merkle import DIGEST_BYTES, device_tag, leaf_of, path_length, root_from

CHECK = "proof"


def check_openings(
    spec: ChainSpec,
    node_key: str,
    nonce1: bytes,
    nonce2: bytes,
    devices: Sequence[str],
    root: bytes,
    drawn: Sequence[int],
    openings: Sequence[Opening],
) -> None:
    """Compute the drawn rows again and hold the openings against them.

    Args:
        spec: The chain, from the verifier's own catalogue.
        node_key: For whom it was computed.
        nonce1: The matrices follow from it.
        nonce2: The rows follow from it.
        devices: The devices' words, in the order of the tree.
        root: What was committed to before the rows were drawn.
        drawn: The numbers of the rows that are asked for, over all devices.
        openings: One for each of them, in the same order.

    Raises:
        Refused: by check ``proof``, with the first thing that is wrong.
    """
    check_devices(devices)
    _check_indices(drawn, openings)
    check_shape(spec, len(devices), root, openings)
    rows = np.frombuffer(b"".join(each.row for each in openings), np.int8).reshape(len(openings), spec.n)
    if (complaint := health_of(rows).complaint) is not None:
        raise Refused(CHECK, complaint)
    for each in openings:
        check_path(spec, devices, root, each)
    expected = expected_rows(spec, node_key, nonce1, nonce2, devices, drawn)
    for each, row in zip(openings, expected, strict=True):
        if each.row != row.tobytes():
            wrong = int(np.count_nonzero(np.frombuffer(each.row, np.int8) != row))
            raise Refused(CHECK, f"row {each.index} is not what the chain gives: {wrong} of {spec.n} bytes differ")


def expected_rows(
    spec: ChainSpec, node_key: str, nonce1: bytes, nonce2: bytes, devices: Sequence[str], drawn: Sequence[int]
) -> Rows:
    """What the chain gives for the drawn rows, shape ``(len(drawn), n)``, in their order."""
    start = np.empty((len(drawn), spec.n), np.int8)
    for position, device in enumerate(devices):
        places = [place for place, index in enumerate(drawn) if index // spec.rows == position]
        own = [drawn[place] % spec.rows for place in places]
        start[places] = start_rows(spec, nonce2, node_key, device, own)
    return advance(start, weights(spec, nonce1, node_key), spec)


def check_devices(devices: Sequence[str]) -> None:
    """Refuse a list of devices in which one stands twice, whose work would count twice, or none at all.

    Raises:
        Refused: it is such a list.
    """
    if not devices:
        raise Refused(CHECK, "it names no device")
    if len(set(devices)) != len(devices):
        raise Refused(CHECK, "it names one device twice")


def check_path(spec: ChainSpec, devices: Sequence[str], root: bytes, opening: Opening) -> None:
    """Refuse a row that is not in the tree at its place.

    Raises:
        Refused: its path leads elsewhere.
    """
    position, own = divmod(opening.index, spec.rows)
    leaf = leaf_of(device_tag(devices[position]), own, opening.row)
    if root_from(leaf, opening.index, opening.path) != root:
        raise Refused(CHECK, f"row {opening.index} is not among what was committed to: its path leads to another root")


def _check_indices(drawn: Sequence[int], openings: Sequence[Opening]) -> None:
    if len(openings) != len(drawn):
        raise Refused(CHECK, f"{len(drawn)} rows were drawn and {len(openings)} opened")
    opened = [each.index for each in openings]
    if opened == list(drawn):
        return
    if len(set(opened)) != len(opened):
        raise Refused(CHECK, "a row is opened twice")
    if foreign := sorted(set(opened) - set(drawn)):
        raise Refused(CHECK, f"row {foreign[0]} was opened and not drawn")
    raise Refused(CHECK, "the rows are not opened in the order in which they were drawn")


def check_shape(spec: ChainSpec, devices: int, root: bytes, openings: Sequence[Opening]) -> None:
    """Refuse what has another size than a tree over so many devices has, before anything is computed.

    Raises:
        Refused: a number, a row, a path or a digest is too large, too long or too short.
    """
    if len(root) != DIGEST_BYTES:
        raise Refused(CHECK, f"the root has {len(root)} bytes, {DIGEST_BYTES} are expected")
    length = path_length(devices, spec.rows)
    for each in openings:
        if not 0 <= each.index < devices * spec.rows:
            raise Refused(CHECK, f"row {each.index} does not exist: there are {devices * spec.rows}")
        if len(each.row) != spec.n:
            raise Refused(CHECK, f"row {each.index} has {len(each.row)} bytes, {spec.n} are expected")
        if len(each.path) != length:
            raise Refused(CHECK, f"the path of row {each.index} has {len(each.path)} steps, {length} are expected")
        if any(len(sibling) != DIGEST_BYTES for sibling in each.path):
            raise Refused(CHECK, f"the path of row {each.index} has a digest that is not {DIGEST_BYTES} bytes long")
