"""What a node says of itself under its signature: claims with their evidence, and what they hold for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from netmind_tui.model.finding import Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Peak, Placement, Throttle, Verified
from netmind_tui.model.verdict import SignedVerdict

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
CERTIFICATE_TYPE = "urn:netmind:certificate:1"
ROTATION_TYPE = "urn:netmind:key-rotation:1"
REVOCATION_TYPE = "urn:netmind:key-revocation:1"

LIFETIME_DAYS = 30


class Evidence(StrEnum):
    """What stands behind a claim, weakest first.

    ``asserted``: read from its owner's machine. ``measured``: timed by its owner's clock. ``challenged``: timed by a
    challenger's. ``proven``: whoever doubts it can compute it again.
    """

    ASSERTED = "asserted"
    MEASURED = "measured"
    CHALLENGED = "challenged"
    PROVEN = "proven"


class Initiator(StrEnum):
    """Who chose the moment of the measurement."""

    NODE = "node"
    CHALLENGER = "challenger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Digests of one file, by the names that in-toto gives them."""

    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The file that a statement is about: its name beside the statement, and its digest."""

    name: str
    digest: Digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Within what devices can be recognised.

    ``name`` is a public word that the verifier chose, and the salt follows from it; without one the salt is random,
    and nobody can hold two certificates side by side. ``salt`` is 64 hexadecimal digits.
    """

    name: str | None
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that the machine says of itself, about a device or, where none is named, about the whole.

    Exactly one of ``value`` (with ``unit``) and ``text`` is there.
    """

    evidence: Evidence = Evidence.ASSERTED
    device: str | None
    name: str
    value: float | None = None
    unit: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One rate that a device reached. ``value`` is the median of ``n`` samples in ``unit``."""

    evidence: Evidence
    device: str
    kernel: str
    kernel_version: int
    kernel_sha256: str | None
    precision: str
    metric: str
    unit: str
    value: float
    ci95: tuple[float, float] | None
    cv: float | None
    n: int
    phase: Phase
    status: Status
    together: bool
    verified: Verified | None
    placement: Placement | None
    throttle: Throttle | None
    peak: Peak | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A kernel of the suite that nothing is claimed about, and why."""

    device: str
    kernel: str
    status: Status
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedDevice:
    """A device under the certificate, as far as a change of it makes the certificate outdated."""

    device: str
    identity: str | None
    name: str | None
    memory_total_bytes: int | None
    power_limit_w: float | None
    ecc_enabled: bool | None
    mig_enabled: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedEnvironment:
    """What the claims hold for: where any of it changes, the certificate is outdated."""

    driver: str | None
    devices: tuple[CertifiedDevice, ...]
    boundaries: dict[Boundary, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedRun:
    """The run behind the claims. Times are UTC in ISO 8601, by the node's own clock."""

    suite: str
    started_at: str
    finished_at: str
    verdict: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a chain was computed, for whoever computes some of its rows again.

    ``shown`` is all that it shows. ``operations`` are those of all devices, in digits, because there are more than
    2^53. ``root`` is that of the tree over all rows; ``siblings`` are the digests that lead from the drawn rows to it.
    """

    evidence: Evidence = Evidence.PROVEN
    chain: str
    chain_version: int
    chain_sha256: str
    devices: tuple[str, ...]
    operations: str
    shown: str
    root: str
    siblings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The predicate of a certificate. ``previous`` is the digest of the certificate before it, ``None`` in the first.

    ``nonce`` is the verifier's, where there is one: then everything was measured after it was given. ``challenge`` is
    what a challenger signed of this node, where one timed it.
    """

    schema: Literal["netmind.certificate/1"] = "netmind.certificate/1"
    node_key: str
    initiated_by: Initiator
    nonce: str | None
    scope: Scope
    issued_at: str
    expires_at: str
    previous: Digests | None
    tool: Tool
    run: CertifiedRun
    environment: CertifiedEnvironment
    environment_digest: Digests
    facts: tuple[Fact, ...]
    claims: tuple[Claim, ...]
    left_out: tuple[LeftOut, ...]
    proof: Proof | None = None
    challenge: SignedVerdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The old key names the one that comes after it, from ``at`` on."""

    schema: Literal["netmind.key-rotation/1"] = "netmind.key-rotation/1"
    node_key: str
    new_key: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A key ends itself: nothing that it signs after ``since`` holds."""

    schema: Literal["netmind.key-revocation/1"] = "netmind.key-revocation/1"
    node_key: str
    since: str
    reason: str | None
