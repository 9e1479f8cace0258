"""How words in a signed statement are spelt: a key, a digest, a device, a moment. Types alone let anything through."""

import re
from collections.abc import Iterator
from typing import Any

from netmind_tui.certify.envelope import KEY, is_weak
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.nonce import NONCE
from netmind_tui.certify.refused import UNSEEN
from netmind_tui.model.certificate import Certificate, Digests, Initiator, Proof, Revocation, Rotation
from netmind_tui.model.verdict import SignedVerdict

DIGEST = re.compile(r"[0-9a-f]{64}")
DEVICE = re.compile(r"cpu|gpu:(0|[1-9][0-9]{0,3})|mig:(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})")
_SCOPE = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}")
_KERNEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_COUNT = re.compile(r"[1-9][0-9]{0,31}")
_LONGEST = 256


def misspelt(predicate: Certificate | Rotation | Revocation) -> Iterator[str]:
    """A sentence for each word of a statement that cannot be meant, naming the member."""
    if isinstance(predicate, Certificate):
        yield from _certificate(predicate)
    elif isinstance(predicate, Rotation):
        yield from _moment("at", predicate.at)
        if KEY.fullmatch(predicate.new_key) is None:
            yield "new_key is not ed25519: and 64 hexadecimal digits"
        elif predicate.new_key == predicate.node_key:
            yield "new_key is the key itself"
        elif is_weak(predicate.new_key):
            yield "new_key is a weak key, under which anybody can sign"
    else:
        yield from _moment("since", predicate.since)


def unseen(value: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """A sentence for each text that is too long for a word, or holds what cannot be seen and moves a terminal."""
    if isinstance(value, str):
        if UNSEEN.search(value):
            yield f"{path} holds characters that cannot be seen"
        elif len(value) > _LONGEST:
            yield f"{path} is longer than {_LONGEST} characters"
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from unseen(name, f"{path}: a name")
            yield from unseen(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from unseen(each, f"{path}[{index}]")


def _certificate(certificate: Certificate) -> Iterator[str]:
    if certificate.nonce is not None and NONCE.fullmatch(certificate.nonce) is None:
        yield "nonce is not 16 to 128 of A-Z a-z 0-9 . _ ~ -"
    if certificate.nonce is None and certificate.initiated_by is Initiator.CHALLENGER:
        yield "it was initiated by a challenger, and there is no nonce"
    if certificate.scope.name is not None and _SCOPE.fullmatch(certificate.scope.name) is None:
        yield "scope.name is not up to 64 of a-z 0-9 . _ / -"
    yield from _digest("scope.salt", certificate.scope.salt)
    yield from _digests("previous", certificate.previous)
    yield from _digests("environment_digest", certificate.environment_digest)
    for index, device in enumerate(certificate.environment.devices):
        yield from _device(f"environment.devices[{index}].device", device.device)
        yield from _digest(f"environment.devices[{index}].identity", device.identity)
    for index, fact in enumerate(certificate.facts):
        yield from _device(f"facts[{index}].device", fact.device)
        if (fact.value is None) == (fact.text is None) or (fact.value is None) != (fact.unit is None):
            yield f"facts[{index}] needs either a value with its unit or a text"
    yield from _challenge(certificate.challenge)
    if not certificate.claims:
        yield "it claims nothing"
    for index, claim in enumerate(certificate.claims):
        yield from _device(f"claims[{index}].device", claim.device)
        yield from _digest(f"claims[{index}].kernel_sha256", claim.kernel_sha256)
        if _KERNEL.fullmatch(claim.kernel) is None:
            yield f"claims[{index}].kernel {claim.kernel!r} is no name of a kernel"
    yield from _proof(certificate.proof)


def _proof(proof: Proof | None) -> Iterator[str]:
    if proof is None:
        return
    if _KERNEL.fullmatch(proof.chain) is None:
        yield f"proof.chain {proof.chain!r} is no name of a chain"
    if _COUNT.fullmatch(proof.operations) is None:
        yield "proof.operations is not a number in digits"
    for index, device in enumerate(proof.devices):
        yield from _device(f"proof.devices[{index}]", device)
    yield from _digest("proof.chain_sha256", proof.chain_sha256)
    yield from _digest("proof.root", proof.root)
    for index, sibling in enumerate(proof.siblings):
        yield from _digest(f"proof.siblings[{index}]", sibling)


def _challenge(signed: SignedVerdict | None) -> Iterator[str]:
    if signed is None:
        return
    verdict = signed.verdict
    if KEY.fullmatch(verdict.challenger_key) is None or KEY.fullmatch(verdict.node_key) is None:
        yield "challenge names a key that is not ed25519: and 64 hexadecimal digits"
    for name in ("session", "nonce1", "nonce2", "root"):
        yield from _digest(f"challenge.verdict.{name}", getattr(verdict, name))
    for name in ("started_at", "finished_at"):
        yield from _moment(f"challenge.verdict.{name}", getattr(verdict, name))


def _device(name: str, device: str | None) -> Iterator[str]:
    if device is not None and DEVICE.fullmatch(device) is None:
        yield f"{name} {device!r} is no device such as cpu, gpu:0 or mig:0.1"


def _digests(name: str, digests: Digests | None) -> Iterator[str]:
    if digests is not None:
        yield from _digest(f"{name}.sha256", digests.sha256)


def _digest(name: str, digest: str | None) -> Iterator[str]:
    if digest is not None and DIGEST.fullmatch(digest) is None:
        yield f"{name} is not 64 hexadecimal digits"


def _moment(name: str, text: str) -> Iterator[str]:
    try:
        read_moment(text)
    except ValueError:
        yield f"{name} {text!r} is no time such as 2026-11-22T14:32:05.000Z"
