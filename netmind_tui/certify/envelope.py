"""A signed payload: a DSSE envelope with exactly one Ed25519 signature, in exactly one spelling.

The one door to ``securesystemslib``. A key is written ``ed25519:`` and the 64 hexadecimal digits of its 32 bytes; that
word is the ``keyid`` of its signatures too, so an envelope says by itself what to check it with.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netmind_tui.certify import canonical
from netmind_tui.certify.refused import Refused
from netmind_tui.model.certificate import PAYLOAD_TYPE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MEMBERS = {"payload", "payloadType", "signatures"}
_SIGNATURE_MEMBERS = {"keyid", "sig"}
_SIGNATURE_BYTES = 64
KEY = re.compile(r"ed25519:[0-9a-f]{64}")
_PREFIX = "ed25519:"
_P = 2**255 - 19
_Y = 0x7FFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF
# The y of the eight points of small order on the curve of Ed25519. Their private half is everybody's: a signature that
# holds under such a key can be made for any text without knowing anything.
_EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _P - 1, _EIGHTH, _P - _EIGHTH})


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a valid envelope holds: the payload's bytes, and the key that signed them."""

    payload: bytes
    key: str


def seal(payload: bytes, private: "Ed25519PrivateKey", payload_type: str = PAYLOAD_TYPE) -> bytes:
    """An envelope around a payload, in canonical form. Its type is signed too: one kind cannot pass for another."""
    from securesystemslib.dsse import Envelope  # noqa: PLC0415 - 60 ms that only what signs needs
    from securesystemslib.signer import CryptoSigner, SSlibKey  # noqa: PLC0415 - see above

    raw = private.public_key().public_bytes_raw()
    public = SSlibKey(public_name(raw), "ed25519", "ed25519", {"public": raw.hex()})
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(CryptoSigner(private, public))
    return canonical.canonical(envelope.to_dict())


def unseal(data: bytes, what: str, payload_type: str = PAYLOAD_TYPE) -> Sealed:
    """What a canonical envelope holds, its signature checked against the key that it names.

    Raises:
        Refused: it is not canonical JSON, no envelope, or the signature does not hold.
    """
    from securesystemslib.dsse import Envelope  # noqa: PLC0415 - see seal
    from securesystemslib.exceptions import VerificationError  # noqa: PLC0415 - see seal
    from securesystemslib.signer import SSlibKey  # noqa: PLC0415 - see seal

    document = canonical.read(data, what)
    _check_shape(document, what, payload_type)
    key = document["signatures"][0]["keyid"]
    if is_weak(key):
        raise Refused("signature", f"{what}: {key} is a weak key, under which anybody can sign")
    envelope = Envelope.from_dict(document)
    public = SSlibKey(key, "ed25519", "ed25519", {"public": key.removeprefix(_PREFIX)})
    try:
        envelope.verify([public], 1)
    except (VerificationError, ValueError) as error:
        sentence = f"{what}: the signature does not hold: it was changed, or signed by another key than it names"
        raise Refused("signature", sentence) from error
    return Sealed(envelope.payload, key)


def public_name(raw: bytes) -> str:
    """A public key of 32 bytes as people pass it on."""
    return f"{_PREFIX}{raw.hex()}"


def is_weak(key: str) -> bool:
    """Whether a public key is of small order, or written in another way than the curve's own."""
    y = int.from_bytes(bytes.fromhex(key.removeprefix(_PREFIX)), "little") & _Y
    return y >= _P or y in _SMALL_ORDER


def _check_shape(document: Any, what: str, payload_type: str) -> None:  # noqa: ANN401 - any JSON
    """Refuse everything that is not an envelope of this kind, before a library looks at it."""
    if not isinstance(document, dict) or set(document) != _MEMBERS:
        found = ", ".join(sorted(document)) if isinstance(document, dict) else type(document).__name__
        raise Refused(
            "envelope",
            f"{what} is no signed envelope: payload, payloadType and signatures are expected,"
            f" found {found or 'nothing'}",
        )
    if document["payloadType"] != payload_type:
        raise Refused("envelope", f"{what}: payloadType {payload_type} is expected, found {document['payloadType']!r}")
    signatures = document["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        count = len(signatures) if isinstance(signatures, list) else "none"
        raise Refused("envelope", f"{what}: exactly one signature is expected, found {count}")
    if not isinstance(signatures[0], dict) or set(signatures[0]) != _SIGNATURE_MEMBERS:
        raise Refused("envelope", f"{what}: a signature has keyid and sig, and nothing else")
    key = signatures[0]["keyid"]
    if not isinstance(key, str) or KEY.fullmatch(key) is None:
        raise Refused("envelope", f"{what}: keyid is ed25519: and 64 hexadecimal digits")
    _exact_base64(document["payload"], f"{what}: payload")
    if len(_exact_base64(signatures[0]["sig"], f"{what}: sig")) != _SIGNATURE_BYTES:
        raise Refused("envelope", f"{what}: sig is {_SIGNATURE_BYTES} bytes in base64")


def _exact_base64(text: object, what: str) -> bytes:
    """The bytes of a padded standard base64 text that encodes back to itself."""
    if not isinstance(text, str):
        raise Refused("envelope", f"{what} is not a string")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("envelope", f"{what} is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise Refused("envelope", f"{what} is base64 in another spelling than the standard's")
    return data
