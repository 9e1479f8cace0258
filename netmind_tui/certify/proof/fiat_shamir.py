"""A proof that nobody asked for: both nonces and the drawn rows follow from what is signed and committed to.

Whoever proves may commit again until rows are drawn that it did compute. So many more rows are drawn than where a
challenger draws them, and only this is shown: fewer than 20 % were skipped. Nothing is shown about time.
"""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from netmind_tui.bench.reference.chain import derive_key
from netmind_tui.certify.proof.check import CHECK, check_devices, expected_rows
from netmind_tui.certify.proof.health import health_of
from netmind_tui.certify.proof.prover import Prover
from netmind_tui.certify.refused import Refused
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.merkle import count_siblings, device_tag, leaf_of, path_length, root_with, siblings_of

DRAWN_ROWS = 256
SHOWN = "fewer than 20 % of the rows and rounds of this chain were skipped; nothing about time"


def nonces(node_key: str, result_sha256: str, nonce: str | None) -> tuple[bytes, bytes]:
    """Both nonces of an offline proof: they follow from the key, the result document and the verifier's own nonce.

    So the proof belongs to that document, and where there is a verifier's nonce it was made after that.
    """
    found = []
    for label in ("first", "second"):
        digest = sha256()
        for field in ("netmind-poc-offline/1", label, node_key, result_sha256, nonce or ""):
            raw = field.encode()
            digest.update(len(raw).to_bytes(8, "little") + raw)
        found.append(digest.digest())
    return found[0], found[1]


def draw(spec: ChainSpec, node_key: str, nonce2: bytes, devices: Sequence[str], root: bytes) -> tuple[int, ...]:
    """The rows that a root asks for, none twice, over all devices: those of every device alike."""
    total = spec.rows * len(devices)
    count = min(DRAWN_ROWS, total)
    # A 64-bit word modulo less than 2^32 favours no row by more than 2^-32.
    stream = np.random.Philox(key=derive_key("draw", nonce2, node_key, spec.digest, *devices, root))
    found: dict[int, None] = {}
    while len(found) < count:
        found.update(dict.fromkeys(int(word) % total for word in stream.random_raw(DRAWN_ROWS)))
    return tuple(found)[:count]


def prove(prover: Prover, node_key: str, result_sha256: str, nonce: str | None) -> tuple[bytes, tuple[bytes, ...]]:
    """The root over all rows, and the siblings that lead from the rows which it draws to it."""
    nonce1, nonce2 = nonces(node_key, result_sha256, nonce)
    prover.prepare(nonce1)
    root = prover.prove(nonce2)
    opened = prover.open(draw(prover.spec, node_key, nonce2, prover.devices, root))
    return root, siblings_of({each.index: each.path for each in opened})


def check(
    spec: ChainSpec,
    node_key: str,
    nonces: tuple[bytes, bytes],
    devices: Sequence[str],
    root: bytes,
    siblings: Sequence[bytes],
) -> None:
    """Compute the rows that the root draws, and see whether they and the siblings lead to it.

    The rows themselves need not be told: another row than the chain's has another leaf.

    Raises:
        Refused: by check ``proof``, with the first thing that is wrong.
    """
    check_devices(devices)
    nonce1, nonce2 = nonces
    drawn = draw(spec, node_key, nonce2, devices, root)
    height = path_length(len(devices), spec.rows)
    expected = count_siblings(drawn, height)
    if len(siblings) != expected:
        raise Refused(CHECK, f"{expected} siblings lead to the root from the rows that it draws, not {len(siblings)}")
    rows = expected_rows(spec, node_key, nonce1, nonce2, devices, drawn)
    if (complaint := health_of(rows).complaint) is not None:
        raise Refused(CHECK, complaint)
    tags = [device_tag(device) for device in devices]
    leaves = {
        index: leaf_of(tags[index // spec.rows], index % spec.rows, row.tobytes())
        for index, row in zip(drawn, rows, strict=True)
    }
    if root_with(leaves, height, siblings) != root:
        raise Refused(CHECK, "the rows that the chain gives do not lead to the root that was committed to")
