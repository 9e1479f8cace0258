"""Envelopes: what is sealed is unsealed, and nothing else."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from netmind_tui.certify.canonical import canonical
from netmind_tui.certify.envelope import is_weak, public_name, seal, unseal
from netmind_tui.certify.refused import Refused

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = public_name(PRIVATE.public_key().public_bytes_raw())
PAYLOAD = b'{"said":1}'
ORDER = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19
# The published points of order 1, 2, 4 and 8, and the spellings of theirs that are not the curve's own.
WEAK = [
    1,
    P - 1,
    0,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    P,
    P + 1,
    2**255 - 1,
]


def members():
    return json.loads(seal(PAYLOAD, PRIVATE))


def with_signature(**changes):
    document = members()
    document["signatures"][0].update(changes)
    return canonical(document)


def refusal(data):
    with pytest.raises(Refused) as caught:
        unseal(data, "it")
    return caught.value.check, caught.value.sentence


def test_what_is_sealed_is_unsealed():
    sealed = unseal(seal(PAYLOAD, PRIVATE), "it")
    assert (sealed.payload, sealed.key) == (PAYLOAD, PUBLIC)


def test_the_signature_is_over_the_encoding_that_dsse_asks_for():
    signature = base64.b64decode(members()["signatures"][0]["sig"])
    encoded = b"DSSEv1 28 application/vnd.in-toto+json 10 " + PAYLOAD
    PRIVATE.public_key().verify(signature, encoded)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ([], "found list"),
        ({}, "found nothing"),
        ("x", "found str"),
        (members() | {"version": 1}, "found payload, payloadType, signatures, version"),
        (members() | {"payloadType": "text/plain"}, "found 'text/plain'"),
        (members() | {"payloadType": ["a"]}, "payloadType application/vnd.in-toto+json is expected"),
        (members() | {"signatures": {}}, "exactly one signature is expected, found none"),
        (members() | {"signatures": []}, "exactly one signature is expected, found 0"),
        (members() | {"signatures": members()["signatures"] * 2}, "exactly one signature is expected, found 2"),
        (members() | {"signatures": ["x"]}, "a signature has keyid and sig, and nothing else"),
        (members() | {"payload": None}, "payload is not a string"),
        (members() | {"payload": "é"}, "payload is not base64"),
        (members() | {"payload": "e30"}, "payload is not base64"),
        (members() | {"payload": "e30=\n"}, "payload is not base64"),
        (members() | {"payload": "e31="}, "payload is base64 in another spelling than the standard's"),
    ],
)
def test_what_is_no_envelope_of_this_kind_is_refused(changed, words):
    check, sentence = refusal(canonical(changed))
    assert check == "envelope"
    assert words in sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"keyid": None},
        {"keyid": PUBLIC.upper()},
        {"keyid": PUBLIC + "\n"},
        {"keyid": PUBLIC[:-1]},
        {"keyid": "ed25519:" + "٠" * 64},
        {"sig": ""},
        {"sig": base64.b64encode(bytes(63)).decode()},
        {"sig": base64.b64encode(bytes(65)).decode()},
        {"sig": base64.urlsafe_b64encode(b"\xff" * 64).decode()},
        {"sig": 5},
        {"cert": ""},
    ],
)
def test_a_signature_in_another_form_is_refused(changes):
    assert refusal(with_signature(**changes))[0] == "envelope"


def test_another_payload_under_the_signature_is_refused():
    document = members() | {"payload": base64.b64encode(PAYLOAD + b" ").decode()}
    check, sentence = refusal(canonical(document))
    assert check == "signature"
    assert "does not hold" in sentence


def test_another_key_over_the_signature_is_refused():
    other = public_name(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert refusal(with_signature(keyid=other))[0] == "signature"


def test_a_key_that_is_no_point_of_the_curve_is_refused():
    assert refusal(with_signature(keyid=public_name((2).to_bytes(32, "little"))))[0] == "signature"


def test_a_second_spelling_of_a_signature_is_refused():
    raw = base64.b64decode(members()["signatures"][0]["sig"])
    beyond = (int.from_bytes(raw[32:], "little") + ORDER).to_bytes(32, "little")
    assert refusal(with_signature(sig=base64.b64encode(raw[:32] + beyond).decode()))[0] == "signature"


@pytest.mark.parametrize("y", WEAK)
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_under_which_anybody_can_sign_is_refused(y, sign):
    key = public_name((y | sign).to_bytes(32, "little"))
    assert is_weak(key)
    everybody = base64.b64encode((1).to_bytes(32, "little") + bytes(32)).decode()
    check, sentence = refusal(with_signature(keyid=key, sig=everybody))
    assert (check, "weak key" in sentence) == ("signature", True)


def test_an_ordinary_key_is_not_weak():
    assert not any(
        is_weak(public_name(Ed25519PrivateKey.generate().public_key().public_bytes_raw())) for _ in range(20)
    )
