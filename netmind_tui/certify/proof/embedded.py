"""The proof within a certificate: for which devices, of which chain, with what claim, and whether it holds."""

from collections.abc import Sequence

from netmind_tui.bench.chain_catalog import find_chain
from netmind_tui.certify.proof import fiat_shamir
from netmind_tui.certify.proof.check import CHECK
from netmind_tui.certify.proof.prover import Prover
from netmind_tui.certify.refused import Refused
from netmind_tui.model.certificate import Certificate, CertifiedDevice, Evidence, Proof
from netmind_tui.model.chain import Body, ChainSpec, chain_for
from netmind_tui.model.kernel import Provider


def word_of(device: CertifiedDevice) -> str:
    """The word by which a device stands in a proof's leaves: its salted identity, or its name where it has none."""
    return device.identity or device.device


def provider_of(device: str) -> Provider:
    """With what a device of that name proves."""
    return Provider.CPU if device == "cpu" else Provider.CUDA


def embedded(prover: Prover, names: tuple[str, ...], node_key: str, result_sha256: str, nonce: str | None) -> Proof:
    """Prove, and put that into a certificate's form.

    Args:
        prover: Its devices in the order of ``names``.
        names: The devices as the certificate names them.
        node_key: The key that will sign.
        result_sha256: The digest of the result document that will be signed with it.
        nonce: The verifier's, where there is one.
    """
    root, siblings = fiat_shamir.prove(prover, node_key, result_sha256, nonce)
    spec = prover.spec
    return Proof(
        chain=spec.id,
        chain_version=spec.version,
        chain_sha256=spec.digest,
        devices=names,
        operations=str(spec.operations * len(names)),
        shown=fiat_shamir.SHOWN,
        root=root.hex(),
        siblings=tuple(each.hex() for each in siblings),
    )


def check_proof(certificate: Certificate, result_sha256: str, chains: Sequence[ChainSpec]) -> str:
    """What a certificate's proof shows, in words.

    Args:
        certificate: One that holds a proof.
        result_sha256: The digest of its result document.
        chains: The verifier's own catalogue.

    Raises:
        Refused: by check ``proof``; unknown where the catalogue does not have the chain.
    """
    proof = certificate.proof
    if proof is None:
        raise Refused(CHECK, "it holds none", unknown=True)
    spec = find_chain(tuple(chains), f"{proof.chain}@{proof.chain_version}")
    if spec is None:
        words = f"{proof.chain}@{proof.chain_version}: not in this program's catalogue, so nobody can compute it"
        raise Refused(CHECK, words, unknown=True)
    devices = _devices(certificate, proof)
    _check_terms(proof, spec, devices, chains)
    leaves = [word_of(device) for device in devices]
    nonces = fiat_shamir.nonces(certificate.node_key, result_sha256, certificate.nonce)
    siblings = [bytes.fromhex(each) for each in proof.siblings]
    fiat_shamir.check(spec, certificate.node_key, nonces, leaves, bytes.fromhex(proof.root), siblings)
    rows = min(fiat_shamir.DRAWN_ROWS, spec.rows * len(devices))
    return f"{rows} rows of {spec.name} computed again: {proof.shown}"


def _devices(certificate: Certificate, proof: Proof) -> list[CertifiedDevice]:
    known = {device.device: device for device in certificate.environment.devices}
    if strange := [name for name in proof.devices if name not in known]:
        raise Refused(CHECK, f"it names {strange[0]}, which is no device of the certificate")
    if not proof.devices or len(set(proof.devices)) != len(proof.devices):
        raise Refused(CHECK, "it names one device twice, or none")
    return [known[name] for name in proof.devices]


def _check_terms(
    proof: Proof, spec: ChainSpec, devices: Sequence[CertifiedDevice], chains: Sequence[ChainSpec]
) -> None:
    """Refuse a proof that claims more than its chain shows, or is not of the chain that its devices have to prove."""
    if not spec.certifies:
        raise Refused(CHECK, f"{spec.name} is for tests alone and shows nothing")
    if proof.chain_sha256 != spec.digest:
        raise Refused(CHECK, f"{spec.name} has digest {spec.digest[:12]}…, not {proof.chain_sha256[:12]}…")
    provider, *others = {provider_of(device.device) for device in devices}
    if others:
        raise Refused(CHECK, "its devices are of different kinds")
    memory = [device.memory_total_bytes or 0 for device in devices]
    fitting = [chain_for(chains, provider, memory, body) for body in Body]
    names = [each.id for each in fitting if each is not None]
    if spec.id not in names:
        raise Refused(CHECK, f"devices of that memory prove {' or '.join(names)}, not {spec.id}")
    if proof.evidence is not Evidence.PROVEN or proof.shown != fiat_shamir.SHOWN:
        raise Refused(CHECK, f"it may say no more than: proven, {fiat_shamir.SHOWN}")
    operations = spec.operations * len(devices)
    if proof.operations != str(operations):
        raise Refused(CHECK, f"{spec.name} has {operations} operations on its devices, not {proof.operations}")
