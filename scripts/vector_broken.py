"""Certificates that are broken in one way each, from the file to the statement in it; the rest is ``vector_untrue``."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from vector_case import Case
from vector_challenge import unchallenged
from vector_machine import small
from vector_made import CERTIFICATE, RESULT, document, files, private, public, rotation, sealed, statement
from vector_made import certificate as stated
from vector_untrue import untrue

from netmind_tui.certify.canonical import canonical

_ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group that Ed25519 signs in
Members = dict[str, Any]


def broken() -> Iterator[Case]:
    """All of them, in the order of the checks."""
    yield from _no_json()
    yield from _no_canonical_form()
    yield from _no_envelope()
    yield from _no_signature()
    yield from _no_statement()
    yield from untrue()
    yield from unchallenged()


def _whole() -> bytes:
    return files(small())[CERTIFICATE]


def _only(name: str, about: str, data: bytes, check: str, code: int = 1) -> Case:
    """A certificate that fails before anybody looks for its result document."""
    return Case(name=name, about=about, files={CERTIFICATE: data}, check=check, exit=code)


def _no_json() -> Iterator[Case]:
    whole = _whole()
    for name, about, data in (
        ("empty", "A file of no bytes.", b""),
        ("cut-short", "Half of a certificate.", whole[: len(whole) // 2]),
        ("text", "Not JSON at all.", b"a certificate"),
        ("zip", "A zip archive.", b"PK\x03\x04" + whole),
        ("byte-order-mark", "A byte order mark before it.", b"\xef\xbb\xbf" + whole),
        ("latin-1", "Not UTF-8.", whole.replace(b'"keyid"', b'"cl\xe9"')),
        ("member-twice", "One member twice in an object.", whole.replace(b"{", b'{"payload":"",', 1)),
        (
            "member-twice-escaped",
            "The same, one spelt with an escape.",
            whole.replace(b"{", b'{"p\\u0061yload":"",', 1),
        ),
        ("nan", "NaN, which is no number of JSON.", whole.replace(b"[{", b"[NaN,{", 1)),
        (
            "beyond-2-53",
            "An integer that not every reader keeps exactly.",
            whole.replace(b"[{", b"[9007199254740993,{"),
        ),
        ("beyond-a-double", "A number that no double can carry.", whole.replace(b"[{", b"[1e400,{")),
        ("deep", "Nested 33 levels deep.", b"[" * 33 + b"]" * 33),
        ("half-a-character", "Half of a surrogate pair.", whole.replace(b'"keyid"', b'"\\ud800"')),
    ):
        yield _only(name, about, data, "file")


def _no_canonical_form() -> Iterator[Case]:
    whole = _whole()
    reversed_members = json.dumps(dict(reversed(json.loads(whole).items())), separators=(",", ":")).encode()
    for name, about, data in (
        ("newline", "A newline at its end.", whole + b"\n"),
        ("blank", "A blank after a colon.", whole.replace(b":", b": ", 1)),
        ("member-order", "The members in another order.", reversed_members),
        ("escaped", "A character escaped that need not be.", whole.replace(b"/vnd.", b"\\/vnd.", 1)),
        ("minus-zero", "-0, which is written 0.", whole.replace(b"[{", b"[-0,{")),
    ):
        yield _only(name, about, data, "canonical")


def _no_envelope() -> Iterator[Case]:
    def enveloped(edit: Callable[[Members], object]) -> bytes:
        members = json.loads(_whole())
        edit(members)
        return canonical(members)

    def signature(**changes: object) -> bytes:
        return enveloped(lambda members: members["signatures"][0].update(changes))

    payload: str = json.loads(_whole())["payload"]
    sig: str = json.loads(_whole())["signatures"][0]["sig"]
    sloppy = sig[:-3] + chr(ord(sig[-3]) + 1) + "=="  # the last six bits carry two: others decode to the same bytes
    for name, about, data in (
        ("list", "A list, and no object.", b"[]"),
        ("foreign-member", "A member that an envelope does not have.", enveloped(lambda m: m.update(version=1))),
        ("two-signatures", "Two signatures.", enveloped(lambda m: m["signatures"].append(m["signatures"][0]))),
        ("no-signature", "None.", enveloped(lambda m: m["signatures"].clear())),
        ("payload-type", "Another payloadType.", enveloped(lambda m: m.update(payloadType="application/json"))),
        ("url-base64", "base64 of the URL alphabet.", signature(sig=base64.urlsafe_b64encode(b"\xff" * 64).decode())),
        ("base64-bits", "base64 with bits left over that are not 0.", signature(sig=sloppy)),
        ("base64-padding", "base64 without its padding.", signature(sig=sig.rstrip("="))),
        (
            "base64-newline",
            "base64 with a newline.",
            enveloped(lambda m: m.update(payload=payload[:76] + "\n" + payload[76:])),
        ),
        (
            "key-in-capitals",
            "A key in capitals.",
            signature(keyid=public("node").upper().replace("ED25519", "ed25519")),
        ),
        ("short-signature", "A signature of 63 bytes.", signature(sig=base64.b64encode(bytes(63)).decode())),
    ):
        yield _only(name, about, data, "envelope")


def _no_signature() -> Iterator[Case]:
    def signed(edit: Callable[[bytearray], object], keyid: str | None = None) -> bytes:
        members = json.loads(_whole())
        entry = members["signatures"][0]
        raw = bytearray(base64.b64decode(entry["sig"]))
        edit(raw)
        entry.update(sig=base64.b64encode(raw).decode(), keyid=keyid or entry["keyid"])
        return canonical(members)

    def beyond(raw: bytearray) -> None:
        raw[32:] = (int.from_bytes(raw[32:], "little") + _ORDER).to_bytes(32, "little")

    def everybody(raw: bytearray) -> None:
        raw[:] = (1).to_bytes(32, "little") + bytes(32)

    members = json.loads(_whole())
    payload = base64.b64decode(members["payload"])
    changed = members | {"payload": base64.b64encode(payload.replace(b"Example CPU", b"Another CPU")).decode()}
    bare = members | {
        "signatures": [{"keyid": public("node"), "sig": base64.b64encode(private("node").sign(payload)).decode()}]
    }
    weak = "ed25519:01" + "00" * 31
    for name, about, data in (
        ("payload-changed", "A word of the payload changed.", canonical(changed)),
        ("signature-changed", "A bit of the signature changed.", signed(lambda raw: raw.__setitem__(0, raw[0] ^ 1))),
        ("signature-beyond-order", "S + L in place of S: a second spelling of a signature.", signed(beyond)),
        ("another-key", "By one key, and naming another.", signed(lambda raw: raw, public("stranger"))),
        ("weak-key", "A key of small order, under which one signature holds for every text.", signed(everybody, weak)),
        ("bare-payload", "The payload signed, and not its DSSE encoding.", canonical(bare)),
    ):
        yield _only(name, about, data, "signature")


def _no_statement() -> Iterator[Case]:
    def said(edit: Callable[[Members], object]) -> bytes:
        of = small()
        members = statement(stated(of), document(of))
        edit(members)
        return sealed(members)

    def predicate(edit: Callable[[Members], object]) -> bytes:
        return said(lambda members: edit(members["predicate"]))

    of = small()
    whole = statement(stated(of), document(of))
    twice = canonical(whole).replace(b"{", b'{"_type":"",', 1)
    newer = "urn:netmind:certificate:2"
    for name, about, data in (
        ("payload-spaced", "A payload in another spelling, and properly signed.", sealed(json.dumps(whole).encode())),
        ("payload-member-twice", "A member twice in the payload.", sealed(twice)),
        ("foreign-statement", "Another _type.", said(lambda m: m.update(_type="https://in-toto.io/Statement/v0.1"))),
        (
            "foreign-predicate",
            "Another predicateType.",
            said(lambda m: m.update(predicateType="https://slsa.dev/provenance/v1")),
        ),
        ("unknown-member", "A member that nobody knows.", predicate(lambda p: p["claims"][0].update(hours=24))),
        ("missing-member", "A member is missing.", predicate(lambda p: p.pop("left_out"))),
        (
            "default-missing",
            "A member with one possible value is missing.",
            predicate(lambda p: p["facts"][0].pop("evidence")),
        ),
        ("wrong-type", "A number as a string.", predicate(lambda p: p["claims"][0].update(value="1e12"))),
        ("fraction", "A count that is no integer.", predicate(lambda p: p["claims"][0].update(n=12.5))),
        (
            "hidden-characters",
            "Characters that move a terminal's cursor.",
            predicate(lambda p: p["facts"][0].update(text="\x1b[2J")),
        ),
        ("device-name", "A device that cannot be.", predicate(lambda p: p["claims"][0].update(device="gpu:-1"))),
        ("no-claims", "It claims nothing.", predicate(lambda p: p["claims"].clear())),
        ("short-nonce", "A nonce that anybody could guess.", predicate(lambda p: p.update(nonce="1"))),
        ("a-rotation", "A statement about keys, and no certificate.", rotation("node", "second")),
    ):
        yield _only(name, about, data, "statement")
    about = "A format newer than the verifier: no answer, and no failure."
    yield _only("newer-format", about, said(lambda m: m.update(predicateType=newer)), "statement", 3)
    borrowed = sealed(statement(stated(of, by="node"), document(of)), "stranger")
    about = "It speaks for one key and is signed by another."
    yield Case(
        name="speaks-for-another",
        about=about,
        files={CERTIFICATE: borrowed, RESULT: document(of)},
        check="signer",
        exit=1,
    )
