"""Certificates and judgements for pictures: made by hand, and the same ones every time."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from netmind_tui.bench.store import read_run
from netmind_tui.certify import claim
from netmind_tui.certify.drift import drift
from netmind_tui.certify.moment import written
from netmind_tui.certify.proof.fiat_shamir import SHOWN
from netmind_tui.certify.shareable import shareable
from netmind_tui.certify.verify import NOT_SHOWN
from netmind_tui.model.certificate import LIFETIME_DAYS, Certificate, Digests, Evidence, Initiator, Scope
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.finding import Action, Status, worst
from netmind_tui.model.info import Tool
from netmind_tui.model.redaction import Redactor
from netmind_tui.model.requirement import (
    Against,
    Judgement,
    Operator,
    RequirementsShown,
    Severity,
    Validation,
    action_of,
)
from netmind_tui.model.verification import VerifiedProof
from netmind_tui.tui.cert_page import Held, Profile
from netmind_tui.tui.cert_state import CertificatesRead

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
KEY = f"ed25519:{'5eed' * 16}"
SCOPE = Scope(name="lab.example/pool-1", salt="5eed" * 16)
NOW = "2026-11-25T09:00:00.000Z"

PROFILES = (
    Profile(
        name="cpu-runner",
        title="A runner without a GPU",
        suite="preflight",
        because=None,
        requirements=5,
        sources=("https://example.org/runners: two cores and 7 GB",),
    ),
    Profile(
        name="one-gpu",
        title="One GPU that can be lent",
        suite="quick",
        because="cool asks for temperature.headroom, which quick is the first suite to show",
        requirements=8,
        sources=("https://example.org/cards: CUDA 13 needs driver 580",),
    ),
)


def result(days=0, factor=1.0):
    """The result document of the recorded run, so many days before, with every rate so many times as large."""
    run = read_run(RECORDING)
    started = datetime.fromisoformat(run.started_at) - timedelta(days=days)
    rows = tuple(_scaled(row, factor) for row in run.measurements)
    run = replace(
        run,
        run_id=f"{started:%Y%m%dT%H%M%SZ}-5eed00",
        started_at=written(started),
        finished_at=written(datetime.fromisoformat(run.finished_at) - timedelta(days=days)),
        measurements=rows,
        host=replace(run.host, boundaries={}),
    )
    return shareable(run, SCOPE, "5eed" * 8, Redactor())


def _scaled(row, factor):
    if row.value is None:
        return row
    value = row.value * factor
    ends = (0.999 * value, 1.001 * value)
    return replace(row, value=value, ci95=ends, p5=ends[0], p95=ends[1], status=Status.PASS)


def certificate(of, previous=None, **changes):
    """What would be signed of a result document."""
    finished = datetime.fromisoformat(of.finished_at)
    environment = claim.environment_of(of)
    plain = {
        "node_key": KEY,
        "initiated_by": Initiator.NODE,
        "nonce": None,
        "scope": SCOPE,
        "issued_at": written(finished + timedelta(seconds=2)),
        "expires_at": written(finished + timedelta(days=LIFETIME_DAYS)),
        "previous": previous,
        "tool": Tool(name="netmind", version="0.2.0"),
        "run": claim.run_of(of),
        "environment": environment,
        "environment_digest": claim.environment_digest(environment),
        "facts": claim.facts_of(of),
        "claims": claim.claims_of(of),
        "left_out": claim.left_out_of(of),
    }
    return Certificate(**(plain | changes))


def held(**changes):
    """The newer of two certificates; everything is a third slower than in the older one."""
    after, before = result(), result(days=24, factor=1.5)
    plain = {
        "path": "/home/anna/.local/state/netmind/certificates/20261122T191600000Z-5eed00/certificate.json",
        "certificate": certificate(after, Digests(sha256="5eed" * 16)),
        "level": "L0",
        "drift": drift(before, after),
    }
    return Held(**(plain | changes))


def challenged():
    """The newer one with a proof that held and a rate that a challenger timed."""
    proof = VerifiedProof(
        evidence=Evidence.PROVEN,
        chain="chain.int8.medium",
        chain_version=1,
        devices=("cpu",),
        operations="35184372088832",
        shown=SHOWN,
    )
    timed = TimedRate(
        evidence=Evidence.CHALLENGED,
        challenger_key=f"ed25519:{'c10c' * 16}",
        challenger="whom you asked",
        chain="chain.int8.medium",
        chain_version=1,
        devices=("cpu",),
        operations=proof.operations,
        elapsed_s=93.5,
        rate=35184372088832 / 93.5,
        int8_share=0.82,
        rows_opened=64,
        started_at="2026-11-22T14:00:00.000Z",
        finished_at="2026-11-22T14:02:00.000Z",
        challenges_started=3,
        challenges_passed=2,
        calls_missed=0,
    )
    return held(level="L2", proof=proof, timed=timed)


def older():
    """The older of two."""
    path = "/home/anna/.local/state/netmind/certificates/20261029T191600000Z-5eed01/certificate.json"
    no_drift = "it is the first of its chain"
    return Held(path=path, certificate=certificate(result(days=24)), level="L0", no_drift=no_drift)


def read(*kept, now=NOW, damaged=()):
    """The message that these certificates are on the shelf."""
    return CertificatesRead(tuple(kept), tuple(damaged), NOT_SHOWN, now)


def judgement(name, title, status, **changes):
    """What came of one requirement."""
    plain = {
        "id": name,
        "title": title,
        "status": status,
        "metric": "device.memory",
        "operator": Operator.AT_LEAST,
        "required": 7e9,
        "written": "7 GB",
        "actual": 24e9,
        "unit": "bytes",
        "severity": Severity.FAIL,
        "summary": f"{title}: as it was found",
        "remediation": "put more memory in, or take another machine",
        "purpose": "a job that does not fit is killed",
        "evidence": "measured",
        "source": "run",
    }
    return Judgement(**(plain | changes))


def validation():
    """One that fails, one that could not be told, one that only warns, and two devices that pass."""
    found = (
        judgement("memory", "7 GB of memory on each device", Status.PASS, device="gpu:0"),
        judgement("memory", "7 GB of memory on each device", Status.PASS, device="gpu:1", actual=16e9),
        judgement(
            "driver",
            "A driver that serves CUDA 13",
            Status.ERROR,
            actual=None,
            required="580",
            written="580",
            unit=None,
            action=Action.ASK_OWNER,
            evidence=None,
            source=None,
        ),
        judgement("disk", "14 GB free on a disk", Status.FAIL, actual=3e9, written="14 GB", action=Action.DRAIN),
        judgement("swap", "Some swap", Status.WARN, actual=0.0, written="1 GB", severity=Severity.WARN),
    )
    return Validation(
        validated_at="2026-11-25T09:00:00.000Z",
        tool=Tool(name="netmind", version="0.2.0"),
        requirements=RequirementsShown(
            name="one-gpu", title="One GPU that can be lent", source="one-gpu", sha256="00" * 32, sources=()
        ),
        against=Against(
            kind="run", name="20261122T191500Z-abc123", measured_at="2026-11-22T19:15:15.968Z", suite="quick"
        ),
        judgements=found,
        verdict=worst([each.status for each in found]),
        action=action_of(found),
    )
