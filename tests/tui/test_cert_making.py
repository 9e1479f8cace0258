"""Certificates with a proof or by a challenger's clock, made from the interface: real workers and a real challenger."""

import asyncio
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.lock import held
from netmind_tui.bench.store import keep
from netmind_tui.certify.shelf import list_certificates
from netmind_tui.paths import certificates_dir, runs_dir
from netmind_tui.tui.bench_state import JobEnded
from netmind_tui.tui.cert_desk import CertDesk
from netmind_tui.tui.cert_making import Wish
from netmind_tui.tui.cert_page import CHALLENGE, MAKE, PROOF
from netmind_tui.tui.cert_state import CertFailed, CertificateMade, MakingStopped, Undertaken
from netmind_tui.tui.message import Told
from netmind_tui.tui.modal.confirm import Confirm
from netmind_tui.tui.screen import cert
from netmind_tui.tui.state import State, reduce


def _made(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


live = _made("bench_live")
surroundings, app, desk = live.surroundings, live.app, live.desk
press, turn, until, words = live.press, live.turn, live.until, live.words
LONG_ROWS = 1 << 22
"""So many that a proof lasts until somebody stops it."""


@pytest.fixture(autouse=True)
def own_folders(surroundings, monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


@pytest.fixture
def chain(own_folders):
    """The catalogue has one chain, of test size, that certifies here: ``chain(rows=…)`` makes it longer."""

    def write(rows=1024):
        path = Path(os.environ["NETMIND_KERNELS"]) / "chains.toml"
        head, *chains = path.read_text().split("[[chains]]\n")
        small = next(each for each in chains if '"chain.test"' in each).replace("certifies = false\n", "")
        path.write_text(f"{head}[[chains]]\n{re.sub('rows = .*', f'rows = {rows}', small)}")

    write()
    return write


class Post:
    """What a desk of certificates mails, into a state."""

    def __init__(self):
        self.heard, self.state = [], State()

    def mail(self, message):
        self.heard.append(message)
        self.state = reduce(self.state, message)

    def of(self, kind):
        return [each for each in self.heard if isinstance(each, kind)]

    def last(self, kind):
        return until(lambda: self.heard, lambda _: next(iter(self.of(kind)[::-1]), None))


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def certs(post):
    made = CertDesk(post.mail)
    yield made
    made.end()


_measured = []


@pytest.fixture
def run(desk):
    """A run of this machine that is kept; it is measured once for all tests."""
    if not _measured:
        talk = live.Talk(desk)
        desk.start(live.plans(talk)[live.SHORT], ("cpu",))
        _measured.append(until(talk, lambda _: talk.last(JobEnded)).run)
    keep(_measured[0], runs_dir())
    return _measured[0]


@pytest.fixture
def challenger(chain, tmp_path):
    """A challenger in a process of its own: its URL, once it is called."""
    with ExitStack() as stack:

        def start():
            kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
            child = subprocess.Popen(
                [sys.executable, "-m", "netmind_tui", "challenge", "serve", "--bind", "127.0.0.1:0"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env=kept | {"HOME": str(tmp_path / "lab")},
            )
            stack.enter_context(child)  # waits, and closes its pipe
            stack.callback(child.send_signal, signal.SIGTERM)
            return re.search(r"http://\S+", child.stderr.readline())[0]

        yield start


@pytest.fixture
def nobody():
    """The URL of a challenger that is gone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class TestBeingChallenged:
    def test_the_certificate_is_l2_and_the_shelf_says_by_whose_clock(self, certs, post, run, challenger):
        certs.certify(run, Wish(CHALLENGE, challenger()))
        assert post.last(CertificateMade).remark is None
        (kept,) = post.state.cert.kept
        assert kept.level == "L2"
        assert kept.timed.challenges_passed == 1
        told = [each.doing for each in post.of(Undertaken)]
        assert any(each.startswith("asking the challenger http://127.0.0.1") for each in told)
        assert any(each.startswith("challenged with chain.test@1 by ") for each in told)
        assert all(each.can_stop for each in post.of(Undertaken))
        assert (post.state.cert.doing, post.state.cert.can_stop) == (None, False)

    def test_whoever_did_not_sign_it_names_no_challenger_for_this_node(self, certs, post, run, challenger, tmp_path):
        certs.certify(run, Wish(CHALLENGE, challenger()))
        post.last(CertificateMade)
        (tmp_path / ".local/share/netmind/identity").rename(tmp_path / "elsewhere")
        certs.recall()
        (kept,) = post.state.cert.kept
        assert (kept.level, kept.timed) == ("L0", None)

    def test_where_the_challenger_is_gone_it_is_made_at_the_lower_level_and_says_so(self, certs, post, run, nobody):
        certs.certify(run, Wish(CHALLENGE, nobody))
        said = f"made at L0, without a challenge: nobody answers at {nobody}: is the challenger there?"
        assert post.last(CertificateMade).remark == said
        assert post.state.cert.remark == said
        assert post.state.cert.newest.level == "L0"
        assert post.last(Told) == Told(f"certificate {said}", "warn")

    def test_a_chain_for_tests_shows_nothing_and_that_is_said(self, certs, post, run, challenger):
        path = Path(os.environ["NETMIND_KERNELS"]) / "chains.toml"
        path.write_text(path.read_text().replace("rows = 1024", "rows = 1024\ncertifies = false"))
        certs.certify(run, Wish(CHALLENGE, challenger()))
        remark = post.last(CertificateMade).remark
        assert remark.startswith("made at L0, without a challenge: ")


@pytest.mark.usefixtures("chain")
class TestProving:
    def test_the_certificate_has_a_proof(self, certs, post, run):
        certs.certify(run, Wish(PROOF))
        assert post.last(CertificateMade).remark is None
        (kept,) = post.state.cert.kept
        assert (kept.level, kept.proof.chain) == ("L0", "chain.test")
        assert any("making ready to prove chain.test@1 on cpu" in each.doing for each in post.of(Undertaken))

    def test_where_the_device_is_held_it_is_made_without_and_says_so(self, certs, post, run, tmp_path):
        with held("cpu", since="2026-11-22T14:32:05.000Z", folder=tmp_path):
            certs.certify(run, Wish(PROOF))
            remark = post.last(CertificateMade).remark
        assert remark.startswith("made at L0, without a proof: cpu is being measured by pid ")
        assert post.state.cert.newest.proof is None

    def test_how_far_it_is_is_told(self, certs, post, run, chain):
        chain(rows=LONG_ROWS)
        certs.certify(run, Wish(PROOF))
        until(lambda: post.heard, lambda _: post.state.cert.part)
        assert 0 < post.state.cert.part < 1
        assert post.state.cert.doing == "proving"

    @pytest.mark.parametrize("adds", [PROOF, CHALLENGE])
    def test_it_can_be_stopped_and_leaves_nothing(self, certs, post, run, chain, challenger, tmp_path, adds):
        chain(rows=LONG_ROWS)
        certs.certify(run, Wish(adds, challenger()))
        until(lambda: post.heard, lambda _: post.state.cert.part)
        assert live.workers()
        certs.stop()
        assert post.last(MakingStopped)
        assert post.last(CertFailed).trouble == "stopped: nothing was certified, and the run is kept"
        assert live.workers() == []
        assert not list(certificates_dir().glob("*/certificate.json"))
        with held("cpu", since="now", folder=tmp_path):
            assert post.state.cert.doing is None

    def test_when_the_interface_ends_no_worker_stays(self, certs, post, run, chain):
        chain(rows=LONG_ROWS)
        certs.certify(run, Wish(PROOF))
        until(lambda: post.heard, lambda _: post.state.cert.part)
        certs.end()
        assert live.workers() == []

    def test_one_is_made_at_a_time(self, certs, post, run, chain):
        chain(rows=LONG_ROWS)
        certs.certify(run, Wish(PROOF))
        certs.certify(run, Wish(PROOF))
        until(lambda: post.heard, lambda _: post.state.cert.part)
        assert len(live.workers()) == 1
        certs.stop()
        post.last(CertFailed)
        assert len(post.of(CertFailed)) == 1


def test_from_the_keyboard_a_certificate_is_challenged_and_stopped(app, run, challenger, chain):
    chain(rows=LONG_ROWS)
    url = challenger()
    settings = replace(app.state.settings, config=replace(app.state.settings.config, challenger=url))
    app.state = replace(app.state, settings=settings)

    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            state = lambda: app.state.cert  # noqa: E731 - short, and it changes
            await press(pilot, "6")
            await turn(app, pilot, lambda: state().kept == () and "be challenged (L2)" in words(app))
            place = next(place for place, way in enumerate(cert.cert_make.ways(app.state)) if way.adds == CHALLENGE)
            await press(pilot, *["down"] * place)
            assert cert.twin(app.state) == f"netmind certify --run {run.run_id} --challenger {url}"
            await press(pilot, "enter")
            assert "after being timed by 127.0.0.1" in asked(app)
            await press(pilot, "y")
            await turn(app, pilot, lambda: state().part)
            assert "▶ proving" in words(app)
            assert "esc stop" in words(app)
            await press(pilot, "q")
            assert "A certificate is being made" in asked(app)
            await press(pilot, "n", "escape")
            assert "Nothing is certified then" in asked(app)
            await press(pilot, "y")
            await turn(app, pilot, lambda: state().trouble is not None)
            assert cert.page(app.state) == MAKE
            assert "stopped: nothing was certified, and the run is kept" in words(app)

    asyncio.run(work())
    assert live.workers() == []
    assert not certificates_dir().exists() or not list_certificates(certificates_dir()).kept


def asked(app):
    """What the dialogue asks."""
    assert isinstance(app.screen, Confirm)
    return " ".join(" ".join(span.text for line in app.screen.box().lines for span in line).split()) + str(
        app.screen.box().title[0].text
    )
