"""Whatever stands in a file, a reader answers with what it understood, or with one sentence."""

import base64
import copy
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmind_tui.certify import canonical, claim, envelope, trust
from netmind_tui.certify.refused import UNSEEN, Refused
from netmind_tui.certify.statement import exactly, read_statement
from netmind_tui.certify.verify import Terms, verify
from netmind_tui.document import plain
from netmind_tui.model.measurement import capacity
from netmind_tui.model.problem import Problem
from netmind_tui.model.result import Result

FOLDER = Path(__file__).parents[2] / "assets/vectors"
GOOD = [FOLDER / "good" / name for name in ("cpu", "card", "slice", "two-cards")]
WHOLE = (GOOD[0] / "certificate.json").read_bytes()
RESULTS = [json.loads((folder / "result.json").read_bytes()) for folder in GOOD]
PAYLOADS = [
    json.loads(base64.b64decode(json.loads((folder / "certificate.json").read_bytes())["payload"])) for folder in GOOD
]
KEYS = {key["name"]: key for key in json.loads((FOLDER / "vectors.json").read_text())["keys"]}
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)

quickly = settings(max_examples=150, deadline=None)
# A folder for all examples of a test: each writes its files anew.
thoroughly = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**54), 2**54)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["cpu", "gpu:0", "pass", "netmind.result/1", "burst", 2**53 - 1, 1e300, 1e16, -0.0])
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def understood(read, *arguments):
    """What a reader answers; only ``Refused`` may come out of it, and its sentence is fit to be printed."""
    try:
        return read(*arguments)
    except Refused as refused:
        sentence = refused.sentence
    assert 0 < len(sentence) <= 400
    assert UNSEEN.search(sentence) is None
    return None


@quickly
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    understood(canonical.read, data, "it")
    understood(canonical.parse, data, "it")
    understood(read_statement, data, "it")


@quickly
@given(st.text(alphabet='{}[]",:\\u0123456789abcdefnrtlsaufiNIy-+.eE ', max_size=60))
def test_what_looks_like_json_is_read_or_refused(text):
    understood(canonical.read, text.encode(), "it")


@quickly
@given(values)
def test_what_is_read_is_written_back_to_the_same_bytes(value):
    written = understood(canonical.canonical, value)
    if written is not None:
        assert canonical.canonical(canonical.read(written, "it")) == written


@quickly
@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_bytes_changed_in_a_certificate_are_refused(place, added, removed):
    changed = WHOLE[:place] + added + WHOLE[place + removed :]
    if changed != WHOLE:
        assert understood(read_statement, changed, "it") is None


@quickly
@given(values)
def test_any_json_in_place_of_an_envelope_is_refused(value):
    data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    assert understood(envelope.unseal, data, "it") is None


@st.composite
def near(draw, documents):
    """A document with one to three of its values replaced, removed or added to."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        owner, name = places[draw(st.integers(0, len(places) - 1))]
        if draw(st.booleans()):
            owner[name] = draw(values)
        elif isinstance(owner, list):
            owner.insert(name, copy.deepcopy(owner[name]))
        else:
            del owner[name]
        if not list(_places(document)):
            break
    return document


def _places(value):
    if isinstance(value, dict | list):
        for name in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, name
            yield from _places(value[name])


@quickly
@given(near(RESULTS))
def test_a_document_near_a_result_is_one_or_is_refused(document):
    found = understood(exactly, document, Result, "it", "result")
    assert found is None or isinstance(found, Result)


def _sign(said):
    return envelope.seal(said, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["node"]["seed"])))


@thoroughly
@given(near(PAYLOADS), near(RESULTS), st.booleans())
def test_whatever_an_owner_signs_is_answered(tmp_path, payload, result, beside):
    """The owner has the key: every byte may be made up, and be properly signed."""
    document = understood(canonical.canonical, result) or b"{}"
    said = payload
    if beside and isinstance(said, dict):
        digest = {"sha256": canonical.sha256(document)}
        said = {**said, "subject": [{"digest": digest, "name": "result.json"}]}
    data = understood(canonical.canonical, said)
    if data is None:
        return
    (tmp_path / "result.json").write_bytes(document)
    (tmp_path / "certificate.json").write_bytes(_sign(data))
    terms = Terms(now=NOW, nonce="a-nonce-of-the-verifier-0001", trust=trust.Trust())
    verification = verify([tmp_path / "certificate.json"] * 2, terms)
    for checked in verification.files[0].checks:
        assert checked.sentence
        assert UNSEEN.search(checked.sentence) is None


moments = st.sampled_from(
    ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "2026-11-22T14:01:00.000Z", "2026-11-22T14:00:60.000Z", ""]
)
numbers = st.sampled_from([0, -1, 1, 2**53 - 1, 1e300, -1e300, 5e-324, 1e-9, 0.5, 1e12]) | st.floats(0, 1e18)


@thoroughly
@given(st.sampled_from(range(len(GOOD))), st.data())
def test_figures_that_follow_from_a_made_up_result_are_answered(tmp_path, index, data):
    """An owner makes up numbers and derives everything from them anew: they reach the plausibility of figures."""
    document = copy.deepcopy(RESULTS[index])
    places = [
        (owner, name) for owner, name in _places(document["measurements"][0]) if type(owner[name]) in (int, float)
    ]
    for owner, name in data.draw(st.lists(st.sampled_from(places), max_size=3)):
        owner[name] = data.draw(numbers)
    if data.draw(st.booleans()):
        document["measurements"][0]["samples"] = data.draw(st.lists(numbers, max_size=4))
    row = document["measurements"][0]
    for owner, name in ((document, "started_at"), (document, "finished_at"), (row, "started_at")):
        if data.draw(st.booleans()):
            owner[name] = data.draw(moments)
    written = understood(canonical.canonical, document)
    found = written and understood(exactly, canonical.read(written, "it"), Result, "it", "result")
    if not found:
        return
    found = replace(found, capacity=capacity(found.measurements))
    written = canonical.canonical(plain(found))
    payload = copy.deepcopy(PAYLOADS[index])
    payload["predicate"] |= {
        "claims": plain(claim.claims_of(found)),
        "left_out": plain(claim.left_out_of(found)),
        "run": plain(claim.run_of(found)),
    }
    payload["subject"] = [{"digest": {"sha256": canonical.sha256(written)}, "name": "result.json"}]
    (tmp_path / "result.json").write_bytes(written)
    (tmp_path / "certificate.json").write_bytes(_sign(canonical.canonical(payload)))
    verification = verify([tmp_path / "certificate.json"], Terms(now=NOW, nonce=None, trust=trust.Trust()))
    answers = {checked.check: checked.answer for checked in verification.files[0].checks}
    assert answers["figures"] == "held" or answers["statement"] == "failed"


@thoroughly
@given(st.binary(max_size=120) | st.text(max_size=80).map(str.encode) | st.just(b"-----BEGIN PUBLIC KEY-----\nAAAA\n"))
def test_any_list_of_keys_is_read_or_is_a_problem(tmp_path, data):
    (tmp_path / "keys").write_bytes(data)
    with suppress(Problem):  # a sentence, and no traceback
        trust.read_keys(tmp_path / "keys")


@pytest.mark.parametrize("folder", GOOD, ids=lambda folder: folder.name)
def test_what_is_fuzzed_holds_as_it_is(folder):
    verification = verify([folder / "certificate.json"], Terms(now=NOW, nonce=None, trust=trust.Trust()))
    assert verification.files[0].first_failure.check == "trust"
