"""Statements: every member known, of its type and spelt as agreed."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from netmind_tui.certify import envelope
from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import read_statement
from netmind_tui.model.certificate import Revocation, Rotation

GOOD = Path(__file__).parents[2] / "assets/vectors/good"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = envelope.public_name(PRIVATE.public_key().public_bytes_raw())
OTHER = "ed25519:" + "5" * 64


def payload():
    """A certificate's statement, as if this test's key spoke."""
    whole = read_envelope((GOOD / "cpu/certificate.json").read_bytes())
    whole["predicate"]["node_key"] = PUBLIC
    return whole


def read_envelope(data):
    return json.loads(envelope.unseal(data, "it").payload)


def read(said):
    return read_statement(envelope.seal(said if isinstance(said, bytes) else canonical(said), PRIVATE), "it")


def refusal(said):
    with pytest.raises(Refused) as caught:
        read(said)
    return caught.value


def key_statement(kind, predicate, about=PUBLIC):
    subject = {"name": about, "digest": {"sha256": sha256(about.encode())}}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject],
        "predicateType": f"urn:netmind:key-{kind}:1",
        "predicate": {"schema": f"netmind.key-{kind}/1", "node_key": PUBLIC} | predicate,
    }


def rotation(**changes):
    predicate = {"new_key": OTHER, "at": "2026-11-22T14:00:00.000Z"} | changes
    return key_statement("rotation", predicate, str(predicate["new_key"]))


def revocation(about=PUBLIC, **changes):
    return key_statement("revocation", {"since": "2026-11-22T14:00:00.000Z", "reason": None} | changes, about)


def test_a_certificate_a_rotation_and_a_revocation_are_read():
    assert read(payload()).key == PUBLIC
    assert isinstance(read(rotation()).predicate, Rotation)
    assert isinstance(read(revocation()).predicate, Revocation)


def _set(*path, to):
    def edit(said):
        inner = said
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = to

    return edit


def _drop(*path):
    def edit(said):
        inner = said
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]

    return edit


P, CLAIM, FACT = "predicate", ("predicate", "claims", 0), ("predicate", "facts", 0)
DEVICE = ("predicate", "environment", "devices", 0)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_set("extra", to=1), "the payload is no in-toto statement"),
        (_drop("subject"), "the payload is no in-toto statement"),
        (_set("_type", to=["https://in-toto.io/Statement/v1"]), "_type https://in-toto.io/Statement/v1 is expected"),
        (_set("predicateType", to={}), "predicateType {} is none of"),
        (_set("predicateType", to="urn:netmind:certificate:01"), "is none of"),
        (_set("predicateType", to="urn:netmind:certificate:x"), "is none of"),
        (_set("predicateType", to="urn:netmind:other:2"), "is none of"),
        (_set("subject", to={}), "subject: expected `array`, got `object`"),
        (_set("subject", 0, "digest", "md5", to=""), "unknown member [0].digest.md5"),
        (_set(P, "schema", to="netmind.certificate/2"), "invalid enum value 'netmind.certificate/2'"),
        (_set(*CLAIM, "hours", to=24), "unknown member claims[0].hours"),
        (_set(*CLAIM, "verified", "rounds", to=1), "unknown member claims[0].verified.rounds"),
        (_set(*DEVICE, "uuid", to="x"), "unknown member environment.devices[0].uuid"),
        (_set(P, "environment", "boundaries", "moon", to="x"), "invalid enum value 'moon'"),
        (_set(P, "environment", "boundaries", "vm", to=1), "expected `str`, got `int`"),
        (_drop(P, "schema"), "schema is missing"),
        (_drop(*FACT, "evidence"), "facts[0].evidence is missing"),
        (_drop(*FACT, "unit"), "facts[0].unit is missing"),
        (_drop(P, "nonce"), "missing required field `nonce`"),
        (_set(*CLAIM, "n", to=12.5), "expected `int`, got `float`"),
        (_set(*CLAIM, "n", to=1e21), "expected `int`, got `float`"),
        (_set(*CLAIM, "together", to=0), "expected `bool`, got `int`"),
        (_set(*CLAIM, "value", to=True), "expected `float`, got `bool`"),
        (_set(*CLAIM, "ci95", to=[1, 2, 3]), "expected `array` of length 2"),
        (_set(*CLAIM, "evidence", to="certain"), "invalid enum value 'certain'"),
        (_set(*CLAIM, "kernel", to="GEMM"), "claims[0].kernel 'GEMM' is no name of a kernel"),
        (_set(*CLAIM, "kernel_sha256", to="ab"), "claims[0].kernel_sha256 is not 64 hexadecimal digits"),
        (_set(*CLAIM, "device", to="gpu:01"), "claims[0].device 'gpu:01' is no device"),
        (_set(*DEVICE, "device", to="tpu:0"), "environment.devices[0].device 'tpu:0' is no device"),
        (_set(*DEVICE, "identity", to="A" * 64), "environment.devices[0].identity is not 64 hexadecimal digits"),
        (_set(*FACT, "text", to="\x1b[2J"), "predicate.facts[0].text holds characters that cannot be seen"),
        (_set(*FACT, "text", to="a\u202eb"), "holds characters that cannot be seen"),
        (_set(*FACT, "text", to="x" * 257), "predicate.facts[0].text is longer than 256 characters"),
        (_set(*FACT, "value", to=1), "facts[0] needs either a value with its unit or a text"),
        (_set(*FACT, "text", to=None), "facts[0] needs either a value with its unit or a text"),
        (_set(P, "claims", to=[]), "it claims nothing"),
        (_set(P, "nonce", to="short"), "nonce is not 16 to 128"),
        (_set(P, "initiated_by", to="challenger"), "initiated by a challenger, and there is no nonce"),
        (_set(P, "scope", "name", to="A b"), "scope.name is not up to 64"),
        (_set(P, "scope", "salt", to=""), "scope.salt is not 64 hexadecimal digits"),
        (_set(P, "previous", to={"sha256": "0"}), "previous.sha256 is not 64 hexadecimal digits"),
        (_set(P, "environment_digest", "sha256", to="0"), "environment_digest.sha256 is not 64 hexadecimal digits"),
    ],
)
def test_what_is_not_said_as_agreed_is_refused_with_its_place(edit, words):
    said = payload()
    edit(said)
    refused = refusal(said)
    assert (refused.check, refused.unknown) == ("statement", False)
    assert words in refused.sentence


@pytest.mark.parametrize("number", ["2", "10"])
def test_a_newer_format_is_unknown_and_no_failure(number):
    refused = refusal(payload() | {"predicateType": f"urn:netmind:certificate:{number}"})
    assert (refused.check, refused.unknown) == ("statement", True)
    assert "this program reads urn:netmind:certificate:1: update it" in refused.sentence


@pytest.mark.parametrize("said", [b"", b"{}", b"[]", b'{"a": 1}', b'"x"', b"\xff", b"[NaN]", b"PK\x03\x04"])
def test_a_payload_that_is_no_canonical_statement_fails_as_a_statement(said):
    assert refusal(said).check == "statement"


def test_a_statement_that_speaks_for_another_key_fails_as_its_signer():
    said = payload()
    said["predicate"]["node_key"] = OTHER
    refused = refusal(said)
    assert (refused.check, "speaks for ed25519:55555555…" in refused.sentence) == ("signer", True)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (rotation(new_key="x"), "new_key is not ed25519"),
        (rotation(new_key=PUBLIC), "new_key is the key itself"),
        (rotation(new_key="ed25519:01" + "0" * 62), "new_key is a weak key"),
        (rotation(at="2026-11-22"), "at '2026-11-22' is no time"),
        (rotation(at="0000-00-00T00:00:00.000Z"), "is no time"),
        (key_statement("rotation", {"new_key": OTHER, "at": "2026-11-22T14:00:00.000Z"}), "its subject is not"),
        (revocation(since="9999"), "since '9999' is no time"),
        (revocation(since="2026-11-22T14:00:60.000Z"), "is no time"),
        (revocation(reason="\u009b2J"), "holds characters that cannot be seen"),
        (
            key_statement("revocation", {"since": "2026-11-22T14:00:00.000Z", "reason": None}, OTHER),
            "its subject is not",
        ),
    ],
)
def test_a_key_says_of_a_key_only_what_can_be_meant(said, words):
    refused = refusal(said)
    assert (refused.check, words in refused.sentence) == ("statement", True), refused.sentence


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T14:32:05Z",
        "2026-11-22T14:32:05.000+00:00",
        "2026-11-22T14:32:05.000000Z",
        "2026-11-22 14:32:05.000Z",
        "2026-11-22T14:32:60.000Z",
        "2026-11-22T24:00:00.000Z",
        "2026-02-29T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
        "٢٠٢٦-11-22T14:32:05.000Z",
        "2026-11-22T14:32:05.000Z\n",
        "",
    ],
)
def test_a_moment_has_one_spelling(text):
    with pytest.raises(ValueError, match="is no moment"):
        read_moment(text)


def test_a_moment_is_read():
    assert read_moment("2028-02-29T23:59:59.999Z").isoformat() == "2028-02-29T23:59:59.999000+00:00"
