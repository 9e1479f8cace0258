"""The certificates that ``netmind-tui --demo`` shows: made up like the machine, and derived by the real rules.

Two of them, of runs four weeks and eight weeks before the recording: gpu:4 was as fast as its equals in the first one,
and gets too little air since. Nobody signs them: the demo keeps what they say, and its key is no key of anybody.
``scripts/demo.py`` writes it.
"""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import demo_run

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.certify import claim
from netmind_tui.certify.drift import drift
from netmind_tui.certify.moment import written
from netmind_tui.certify.shareable import shareable
from netmind_tui.certify.verify import NOT_SHOWN
from netmind_tui.model.certificate import LIFETIME_DAYS, Certificate, Digests, Initiator, Scope
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Measurement, Run, capacity
from netmind_tui.model.recording import RecordingHeader
from netmind_tui.model.redaction import Redactor
from netmind_tui.model.result import Result
from netmind_tui.tui.demo_cert import DemoCertificate, DemoShelf

KEY = f"ed25519:{'51ad0e' * 10}51ad"
SCOPE = Scope(name=None, salt="51ad0e5e" * 8)
AGO_D = (24, 52)
WITH_LITTLE_AIR = 0.922
"""What gpu:4 kept of its rates under load four weeks before the recording; in the recording it is slowed down more."""


def shelf(header: RecordingHeader) -> DemoShelf:
    """Both certificates, the newer one first."""
    run = demo_run.run(header)
    newer, older = (_result(_earlier(run, days)) for days in AGO_D)
    grows = {kernel.id: kernel.grows for kernel in open_catalog().kernels if kernel.grows}
    first = _certificate(older, None)
    return DemoShelf(
        now=written(demo_run.STARTED_AT + timedelta(minutes=54)),
        not_shown=NOT_SHOWN,
        kept=(
            DemoCertificate(
                certificate=_certificate(newer, Digests(sha256="51ad0e5e" * 8)),
                drift=drift(older, newer, grows),
            ),
            DemoCertificate(certificate=first, drift=None),
        ),
    )


def _earlier(run: Run, days: int) -> Run:
    """The run as it would have been so many days before."""
    rows = tuple(_as_it_was(row, days) for row in run.measurements)
    started = demo_run.STARTED_AT - timedelta(days=days)
    return replace(
        run,
        run_id=f"{started:%Y%m%dT%H%M%SZ}-51ad0e",
        started_at=_shifted(run.started_at, days),
        finished_at=_shifted(run.finished_at, days),
        measurements=rows,
        capacity=capacity(rows),
        alone=(),
        sharing=(),
        findings=(),
        verdict=Status.PASS,
    )


def _as_it_was(row: Measurement, days: int) -> Measurement:
    """A row as it was then: gpu:4 faster than in the recording, the others a little different, as runs are."""
    if row.value is None or row.ci95 is None:
        return row
    factor = 1 + 0.004 * (random.Random(f"{row.kernel} {row.device} {days}").random() - 0.5)
    watts = demo_run.GPU_RATES.get(row.kernel, (0.0, 0.0, 0.0))[2]
    is_slow = row.device == f"gpu:{demo_run.LITTLE_AIR}" and watts >= demo_run.WARM_FROM_W
    if is_slow:
        now = 0.916 if watts >= demo_run.THROTTLED_FROM_W else 0.938
        factor *= (WITH_LITTLE_AIR if days == AGO_D[0] else 1.0) / now
    low, high = row.ci95
    return replace(
        row,
        value=_figures(row.value * factor),
        ci95=(_figures(low * factor), _figures(high * factor)),
        p5=row.p5 and _figures(row.p5 * factor),
        p95=row.p95 and _figures(row.p95 * factor),
        samples=tuple(_figures(each * factor) for each in row.samples),
        status=Status.PASS,
        reasons=(),
    )


def _result(run: Run) -> Result:
    return shareable(run, SCOPE, None, Redactor())


def _certificate(result: Result, previous: Digests | None) -> Certificate:
    """What would be signed."""
    finished = datetime.fromisoformat(result.finished_at)
    environment = claim.environment_of(result)
    return Certificate(
        node_key=KEY,
        initiated_by=Initiator.NODE,
        nonce=None,
        scope=SCOPE,
        issued_at=written(finished + timedelta(seconds=1)),
        expires_at=written(finished + timedelta(days=LIFETIME_DAYS)),
        previous=previous,
        tool=result.tool,
        run=claim.run_of(result),
        environment=environment,
        environment_digest=claim.environment_digest(environment),
        facts=claim.facts_of(result),
        claims=claim.claims_of(result),
        left_out=claim.left_out_of(result),
    )


def _shifted(moment: str, days: int) -> str:
    return written(datetime.fromisoformat(moment) - timedelta(days=days))


def _figures(value: float) -> float:
    return float(f"{value:.5g}")
