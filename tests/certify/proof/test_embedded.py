"""What a proof within a certificate may say: refused before any row is computed, each with its sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.certify.proof import fiat_shamir
from netmind_tui.certify.proof.embedded import check_proof, word_of
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import read_statement
from netmind_tui.model.certificate import Evidence

FOLDER = Path(__file__).parents[3] / "assets/vectors/good/proof"
STATEMENT = read_statement((FOLDER / "certificate.json").read_bytes(), "it")
RIGHT = STATEMENT.predicate
DIGEST = STATEMENT.subjects[0].digest.sha256


@pytest.fixture
def uncomputed(monkeypatch):
    """No row may be computed."""
    monkeypatch.setattr(fiat_shamir, "check", None)


@pytest.mark.usefixtures("uncomputed")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"devices": ()}, "one device twice, or none"),
        ({"devices": ("cpu", "cpu")}, "one device twice, or none"),
        ({"devices": ("gpu:0",)}, "gpu:0, which is no device of the certificate"),
        ({"chain": "chain.test"}, r"chain\.test@1 is for tests alone"),
        ({"chain_sha256": "0" * 64}, r"chain\.int8\.small@1 has digest"),
        ({"operations": "1"}, r"chain\.int8\.small@1 has 8796093022208 operations on its devices, not 1"),
        ({"shown": "all of it"}, "it may say no more than: proven, fewer than 20 %"),
        ({"evidence": Evidence.CHALLENGED}, "it may say no more than: proven"),
    ],
)
def test_what_a_proof_may_not_say(changes, sentence):
    with pytest.raises(Refused, match=sentence) as caught:
        check_proof(replace(RIGHT, proof=replace(RIGHT.proof, **changes)), DIGEST, open_chains())
    assert not caught.value.unknown


@pytest.mark.usefixtures("uncomputed")
def test_the_chain_is_that_of_the_devices_memory():
    (device,) = RIGHT.environment.devices
    larger = replace(RIGHT.environment, devices=(replace(device, memory_total_bytes=16 * 10**9),))
    with pytest.raises(Refused, match=r"devices of that memory prove chain\.int8\.medium, not chain\.int8\.small"):
        check_proof(replace(RIGHT, environment=larger), DIGEST, open_chains())


@pytest.mark.usefixtures("uncomputed")
def test_processors_and_cards_do_not_prove_together():
    (device,) = RIGHT.environment.devices
    both = replace(RIGHT.environment, devices=(device, replace(device, device="gpu:0")))
    proof = replace(RIGHT.proof, devices=("cpu", "gpu:0"))
    with pytest.raises(Refused, match="its devices are of different kinds"):
        check_proof(replace(RIGHT, environment=both, proof=proof), DIGEST, open_chains())


@pytest.mark.usefixtures("uncomputed")
def test_a_chain_that_the_catalogue_lacks_cannot_be_told():
    with pytest.raises(Refused, match="not in this program's catalogue") as caught:
        check_proof(replace(RIGHT, proof=replace(RIGHT.proof, chain_version=2)), DIGEST, open_chains())
    assert caught.value.unknown


def test_a_device_goes_by_its_identity_and_else_by_its_name():
    (device,) = RIGHT.environment.devices
    assert word_of(device) == "cpu"
    assert word_of(replace(device, identity="ab" * 32)) == "ab" * 32
