"""Certificates read, made and judged from the interface: a real shelf, a real key, and workers where it measures."""

import asyncio
import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netmind_tui.bench.store import keep, list_runs
from netmind_tui.certify.shelf import list_certificates
from netmind_tui.config.source import Config
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Finding, Status
from netmind_tui.paths import certificates_dir, identity_dir, runs_dir
from netmind_tui.tui.bench_page import RESULT
from netmind_tui.tui.bench_state import JobEnded
from netmind_tui.tui.cert_desk import CertDesk
from netmind_tui.tui.cert_judge import judged, profiles
from netmind_tui.tui.cert_page import CERTIFICATE, MAKE, PROFILES, RECORDS
from netmind_tui.tui.cert_state import CertFailed, CertificateMade, Compared, TimePassed, Undertaken
from netmind_tui.tui.message import Described
from netmind_tui.tui.state import State, reduce


def _made(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


live = _made("bench_live")
surroundings, app, desk = live.surroundings, live.app, live.desk
press, turn, until, words = live.press, live.turn, live.until, live.words


@pytest.fixture(autouse=True)
def own_folders(surroundings, monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


class Post:
    """What a desk of certificates mails, into a state."""

    def __init__(self, state=None):
        self.heard, self.state = [], state or State()

    def mail(self, message):
        self.heard.append(message)
        self.state = reduce(self.state, message)

    def of(self, kind):
        return [each for each in self.heard if isinstance(each, kind)]

    def last(self, kind):
        return next(iter(self.of(kind)[::-1]), None)


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def certs(post):
    return CertDesk(post.mail)


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


def heard(post, kind):
    return until(lambda: post.heard, lambda _: post.last(kind))


class TestReading:
    def test_a_node_without_certificates_needs_no_cryptography_to_know(self, certs, post):
        certs.recall()
        assert (post.state.cert.kept, post.state.cert.damaged) == ((), ())
        lines = [
            "import sys",
            "from netmind_tui.tui.cert_desk import CertDesk",
            "CertDesk(print).recall()",
            "print(*sorted({'cryptography', 'securesystemslib', 'numpy', 'onnxruntime'} & set(sys.modules)))",
        ]
        done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == ""

    def test_what_is_no_certificate_is_said_and_the_rest_is_read(self, certs, post, run):
        certs.certify(run)
        heard(post, CertificateMade)
        (kept,) = list_certificates(certificates_dir()).kept
        broken = certificates_dir() / "broken"
        broken.mkdir()
        (broken / "certificate.json").write_text("{")
        certs.recall()
        assert [each.path for each in post.state.cert.kept] == [str(kept.path)]
        assert len(post.state.cert.damaged) == 1

    def test_a_changed_result_document_takes_the_level_away(self, certs, post, run):
        certs.certify(run)
        heard(post, CertificateMade)
        (kept,) = list_certificates(certificates_dir()).kept
        beside = kept.path.with_name("certificate.result.json")
        beside.write_bytes(beside.read_bytes().replace(b'"quick"', b'"quack"'))
        certs.recall()
        (held,) = post.state.cert.kept
        assert held.level is None
        assert held.fault.check == "result"
        assert [each.id for each in post.state.needs] == ["certificate-does-not-hold"]


class TestMaking:
    def test_a_certificate_is_made_verified_and_read(self, certs, post, run):
        certs.certify(run)
        heard(post, CertificateMade)
        (held,) = post.state.cert.kept
        assert held.level == "L0"
        assert held.certificate.run.started_at == run.started_at
        assert held.no_drift == "it is the first of its chain"
        assert post.state.cert.doing is None
        assert (identity_dir() / "node.pem").stat().st_mode & 0o777 == 0o600

    def test_a_kept_run_is_signed_by_its_id_and_drifts_from_the_one_before(self, certs, post, run):
        certs.certify(run)
        heard(post, CertificateMade)
        post.heard.clear()
        certs.certify(run.run_id)
        heard(post, CertificateMade)
        newer, _older = post.state.cert.kept
        assert newer.drift is not None
        assert {row.kernel for row in newer.drift.kernels} == {"dispatch", "gemm.fp32", "gemm.int8"}

    def test_a_run_that_was_stopped_is_not_signed_and_no_key_is_made(self, certs, post, run):
        certs.certify(replace(run, stopped="interrupted"))
        assert "was interrupted: nothing was certified" in heard(post, CertFailed).trouble
        assert not identity_dir().exists()
        assert not certificates_dir().exists()

    def test_a_key_that_is_open_to_others_is_said(self, certs, post, run):
        certs.certify(run)
        heard(post, CertificateMade)
        post.heard.clear()
        (identity_dir() / "node.pem").chmod(0o644)
        certs.certify(run)
        assert "chmod 600" in heard(post, CertFailed).trouble


class TestFollowing:
    def machine(self, post, run, **changes):
        devices = tuple(replace(device, **changes) for device in run.devices)
        driver = run.environment.driver
        info = live.Info(generated_at=run.started_at, tool=run.tool, host=run.host, driver=driver, devices=devices)
        post.mail(Described(info))

    def test_it_is_held_against_the_machine_once_and_again_when_that_changes(self, certs, post, run):
        certs.certify(run)
        heard(post, CertificateMade)
        self.machine(post, run)
        certs.follow(post.state)
        assert heard(post, Compared).stands.changes == ()
        certs.follow(post.state)
        assert len(post.of(Compared)) == 1
        extra = Device(id="gpu:0", kind=DeviceKind.GPU, name="NVIDIA L40S")
        post.state = replace(post.state, devices=(*post.state.devices, extra))
        certs.follow(post.state)
        until(lambda: post.heard, lambda _: len(post.of(Compared)) > 1)
        assert post.last(Compared).stands.uncovered == ("gpu:0",)

    def test_another_processor_outdates_it(self, certs, post, run):
        certs.certify(run)
        heard(post, CertificateMade)
        self.machine(post, run, name="Another CPU")
        certs.follow(post.state)
        (change,) = heard(post, Compared).stands.changes
        assert "and is Another CPU" in change

    def test_the_time_is_told_once_a_minute(self, post, run):
        times = [datetime(2026, 11, 30, 12, 0, second, tzinfo=UTC) for second in (0, 30)]
        now = [datetime.now(UTC)]
        certs = CertDesk(post.mail, clock=lambda: now[0])
        certs.certify(run)
        heard(post, CertificateMade)
        for moment in times:
            now[0] = moment
            certs.follow(post.state)
        assert [each.now for each in post.of(TimePassed)] == ["2026-11-30T12:00:00.000Z"]

    def test_after_a_run_that_came_to_nothing_it_says_so(self, certs, post, run):
        got = []
        certs.after_run("quick is measured", got.append)
        assert post.last(Undertaken).doing == "quick is measured"
        job = replace(post.state, bench=replace(post.state.bench, job=object()))
        certs.follow(job)
        ended = replace(post.state.bench, job=None, run=replace(run, started_at="2026-01-01T00:00:00.000Z"))
        certs.follow(replace(post.state, bench=ended))
        assert got == []
        assert post.last(CertFailed).trouble == "nothing was measured: the run was stopped"
        certs.follow(replace(post.state, bench=ended))
        assert len(post.of(CertFailed)) == 1


class TestJudging:
    def test_every_profile_says_what_it_takes(self):
        found = {each.name: each for each in profiles()}
        assert found["cpu-runner"].suite == "preflight"
        assert all(each.requirements and each.sources for each in found.values())

    def test_what_the_doctor_found_counts(self, run):
        now = datetime.now(UTC)
        without = judged("cpu-runner", run, None, Config(), now)
        finding = Finding(id="swapping", title="programs wait for memory", status=Status.FAIL)
        with_one = judged("cpu-runner", run, (finding,), Config(), now)
        assert without.against.name == run.run_id
        assert {each.status for each in without.judgements} & {Status.ERROR}
        assert len(with_one.judgements) == len(without.judgements)
        assert not [each for each in with_one.judgements if each.status is Status.ERROR]


def test_from_the_keyboard_a_certificate_is_made_and_the_machine_judged(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            cert = lambda: app.state.cert  # noqa: E731 - short, and it changes
            await press(pilot, "6")
            await turn(app, pilot, lambda: cert().kept == () and "measure quick" in words(app))
            assert "There is no certificate" in words(app)
            await press(pilot, "down", "enter")
            assert "Measure quick on every device" in words_of_dialogue(app)
            await press(pilot, "n")
            assert app.state.bench.job is None
            await press(pilot, "enter", "y")
            assert app.state.view.screen == "bench"
            await turn(app, pilot, lambda: cert().kept)
            assert app.state.bench.page == RESULT
            assert app.state.said.sentence.startswith("certificate made, it holds until")
            await press(pilot, "6")
            await turn(app, pilot, lambda: cert().stands is not None)
            assert cert().page == CERTIFICATE
            # What the feed shows is a made-up machine, and what was measured is this one.
            assert "outdated: cpu was" in words(app)
            assert "cert L0 outdated" in words(app)
            await press(pilot, "c")
            assert cert().page == MAKE
            await press(pilot, "escape", "v")
            await turn(app, pilot, lambda: cert().profiles)
            assert cert().page == PROFILES
            await press(pilot, "down", "enter")
            await turn(app, pilot, lambda: cert().validation is not None)
            assert cert().page == RECORDS
            assert cert().validation.requirements.name == "cpu-runner"
            await press(pilot, "escape", "escape")
            assert cert().page == CERTIFICATE

    asyncio.run(work())
    assert len(list_certificates(certificates_dir()).kept) == 1
    assert len(list_runs(runs_dir()).runs) == 1


def test_read_only_makes_nothing_from_the_keyboard(app):
    app.state = replace(app.state, view=replace(app.state.view, read_only=True))

    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            await press(pilot, "6")
            await turn(app, pilot, lambda: app.state.cert.kept == ())
            await press(pilot, "c", "enter", "m")
            assert app.state.bench.job is None
            assert "nothing is made here" in words(app)

    asyncio.run(work())
    assert not certificates_dir().exists()
    assert not os.path.lexists(identity_dir())


def words_of_dialogue(app):
    """What the dialogue says."""
    return " ".join(span.text for line in app.screen.box().lines for span in line)
