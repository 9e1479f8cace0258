"""The proof in the vectors: of the smallest chain that certifies; computed where the kept one does not hold."""

import json
from dataclasses import replace
from pathlib import Path

from vector_machine import CPU, result, row
from vector_made import CERTIFICATE, document, public

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.canonical import sha256
from netmind_tui.certify.envelope import unseal
from netmind_tui.certify.proof import fiat_shamir
from netmind_tui.certify.proof.device import DeviceProver, ProvingDevice
from netmind_tui.certify.proof.embedded import embedded
from netmind_tui.certify.refused import Refused
from netmind_tui.document import convert
from netmind_tui.model.certificate import Proof
from netmind_tui.model.kernel import Provider
from netmind_tui.model.result import Result

_KEPT = Path(__file__).parents[1] / "assets/vectors/good/proof" / CERTIFICATE
_CHAIN = "chain.int8.small@1"
_SMALL_BYTES = 4 * 2**30


def proven_result() -> Result:
    """A run of a processor with little memory."""
    little = replace(CPU, memory_total_bytes=_SMALL_BYTES)
    return result((little,), (row(little, "gemm.fp32"),))


def proof() -> Proof:
    """Its proof: the one that is kept, or one that takes minutes on two cores."""
    spec = find_chain(open_chains(), _CHAIN)
    if spec is None:
        raise ValueError(_CHAIN)
    key, digest = public("node"), sha256(document(proven_result()))
    try:
        kept = convert(json.loads(unseal(_KEPT.read_bytes(), "it").payload)["predicate"]["proof"], Proof)
        root, siblings = bytes.fromhex(kept.root), [bytes.fromhex(each) for each in kept.siblings]
        fiat_shamir.check(spec, key, fiat_shamir.nonces(key, digest, None), ["cpu"], root, siblings)
    except (OSError, Refused, KeyError, TypeError):
        device = ProvingDevice(
            word="cpu", device="cpu", provider=Provider.CPU, uuid=None, threads=2, memory_limit_bytes=2**31
        )
        prover = DeviceProver(spec, key, [device])
        try:
            return embedded(prover, ("cpu",), key, digest, None)
        finally:
            prover.close()
    return kept
