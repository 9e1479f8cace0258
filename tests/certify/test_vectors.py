"""The published vectors: made by their script, and answered as they say."""

import json
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

import pytest

from netmind_tui.certify.trust import Trust, read_file, read_revocation
from netmind_tui.certify.verify import Terms, verify
from netmind_tui.model.verification import exit_code

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "assets/vectors"
INDEX = json.loads((FOLDER / "vectors.json").read_text())
VECTORS = INDEX["vectors"]


@pytest.fixture
def script(monkeypatch):
    """The script that makes them, with the modules beside it."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield import_module("vectors")
    for name in [name for name in sys.modules if name.startswith("vector")]:
        del sys.modules[name]


def answer(vector):
    folder = FOLDER / vector["folder"]
    trust = Trust(
        keys=None if vector["trust"] is None else dict.fromkeys(vector["trust"], "a test key"),
        allows_unknown=vector["allow_unknown_signer"],
        revocations=tuple(read_revocation(folder / name) for name in vector["revocations"]),
        rotations=tuple(read_file(folder / name).predicate for name in vector["statements"]),
    )
    listed = vector["challengers"]
    terms = Terms(
        now=datetime.fromisoformat(vector["now"]),
        nonce=vector["nonce"],
        trust=trust,
        challengers=None if listed is None else dict.fromkeys(listed, "a test key"),
    )
    return verify([folder / name for name in vector["verify"]], terms)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_is_answered_as_it_says(vector):
    verification = answer(vector)
    file = verification.files[0]
    first = file.first_failure
    found = (int(exit_code(verification)), first.check.value if first else None, file.level)
    assert found == (vector["exit"], vector["first_failing_check"], vector["level"]), first
    stands = vector["exit"] == 0 or (
        vector["exit"] == 3 and vector["first_failing_check"] in ("trust", "kernels", "proof", "challenge")
    )
    assert bool(file.claims) is stands


def test_there_are_as_many_as_a_verifier_needs():
    assert sum(vector["exit"] == 0 for vector in VECTORS) >= 20
    assert sum(vector["exit"] != 0 for vector in VECTORS) >= 60
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS)


def test_the_files_are_those_that_the_script_makes(script):
    assert script.stale(script.build()) == [], "run scripts/vectors.py"


def test_the_program_knows_no_test_key():
    words = [key[half] for key in INDEX["keys"] for half in ("public", "seed")]
    assert len(words) == 8
    sources = [path.read_text() for path in (ROOT / "netmind_tui").rglob("*.py")]
    assert [word for word in words for source in sources if word.removeprefix("ed25519:") in source] == []
    assert not [source for source in sources if "netmind test vector" in source]
