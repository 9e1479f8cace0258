"""From a finished run to a certificate on the shelf, or to a sentence why there is none."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.bench.store import read_run
from netmind_tui.certify.canonical import sha256
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.making import Maker, make
from netmind_tui.certify.moment import written
from netmind_tui.certify.scope import open_scope
from netmind_tui.certify.shelf import list_certificates
from netmind_tui.certify.stay import first_stay, keep_stay
from netmind_tui.model.problem import Problem

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"


@pytest.fixture
def run():
    """The recorded run, as if it had been made here."""
    found = read_run(RECORDING)
    return replace(found, host=replace(found.host, hostname=socket.gethostname()))


@pytest.fixture
def now(run):
    return datetime.fromisoformat(run.finished_at).astimezone(UTC) + timedelta(hours=1)


@pytest.fixture
def maker(tmp_path):
    return Maker(identity=Identity(tmp_path / "identity"), folder=tmp_path / "shelf")


def test_it_is_kept_verified_and_follows_the_one_before_it(run, maker, now):
    first = make(run, maker, open_scope(None), now)
    second = make(run, maker, open_scope(None), now + timedelta(minutes=1))
    assert [each.path for each in list_certificates(maker.folder).kept] == [second.path, first.path]
    assert second.issued.certificate.previous.sha256 == sha256(first.path.read_bytes())
    assert second.verification.files[0].level == "L0"


def test_a_damaged_one_is_left_out_of_the_chain_and_said(run, maker, now):
    said = []
    first = make(run, maker, open_scope(None), now)
    first.path.write_bytes(b"{}")
    second = make(run, replace(maker, warn=said.append), open_scope(None), now + timedelta(minutes=1))
    assert second.issued.certificate.previous is None
    assert len(said) == 1
    assert "left out of the chain" in said[0]


def test_a_node_that_retires_while_its_proof_is_made_certifies_nothing(run, maker, now):
    stay = first_stay(written(now))

    def prove(*_what):
        keep_stay(maker.identity.folder, replace(stay, began=None))

    with pytest.raises(Problem, match="this node waits"):
        make(run, maker, open_scope(None), now, prove=prove)
    assert not list_certificates(maker.folder).kept


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stopped": "interrupted"}, "was interrupted: nothing was certified"),
        ({"host": "elsewhere"}, "was measured on elsewhere"),
    ],
)
def test_a_run_that_shows_nothing_of_this_machine_touches_no_key(run, maker, now, changes, words):
    if "host" in changes:
        changes = {"host": replace(run.host, hostname=changes["host"])}
    with pytest.raises(Problem, match=words):
        make(replace(run, **changes), maker, open_scope(None), now)
    assert not maker.identity.folder.exists()
    assert not maker.folder.exists()
