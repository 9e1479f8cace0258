"""What the runner and its worker child say to each other: one JSON object a line, private to this package.

The runner asks for one kernel at a time; the worker answers with notices and ends with an outcome or a refusal.
"""

from enum import StrEnum

from msgspec import Struct

from netmind_tui.bench.check import Check, Surveyed
from netmind_tui.bench.timing import Notice, Rules, Timing
from netmind_tui.model.chain import ChainGraph, ChainSpec
from netmind_tui.model.kernel import Kernel, Phase, Provider, Variant


class Cause(StrEnum):
    """Why a worker refuses a kernel: what it could not do, not what was wrong with the device."""

    DIGEST = "kernel-digest"
    PROVIDER = "provider-not-loadable"
    PLACEMENT = "placement-refused"
    LIBRARY = "library-absent"
    SPACE = "not-enough-space"
    FOLDER = "folder-not-writable"
    DISK = "disk-failed"
    MEMORY = "out-of-memory"
    CRASH = "kernel-crashed"
    INEXACT = "bytes-differ"


class Request(Struct, frozen=True, kw_only=True, tag="measure"):
    """Measure one kernel. ``memory_limit_bytes`` is the most it may take; ``threads`` is the intra-op pool's size.

    With ``in_step`` the worker says ``Poised`` before anything is timed, and waits until it is told to go.
    ``folder`` is where a kernel that measures a disk makes its file. ``rests`` where there are pauses between runs: no
    thread may spin in them.
    """

    kernel: Kernel
    variant: Variant
    provider: Provider
    seed: int
    default_seed: int
    rules: Rules
    threads: int
    memory_limit_bytes: int
    in_step: bool = False
    folder: str | None = None
    rests: bool = False


class Exert(Struct, frozen=True, kw_only=True, tag="exert"):
    """Keep the device at work on a kernel for a share of the time, until told to stop, or for ``for_s`` seconds.

    The worker says what it did every ``tell_s`` seconds; results are checked at the beginning, every ``check_s``
    seconds, and at the end. Seconds in which the worker stood still count nowhere.
    """

    request: Request
    load_pct: float
    for_s: float | None = None
    tell_s: float
    check_s: float


class PrepareChain(Struct, frozen=True, kw_only=True, tag="prepare-chain"):
    """Make ready to prove a chain: matrices, session, and a sample that must be right.

    ``device`` is the word that stands in each leaf.
    """

    spec: ChainSpec
    graph: ChainGraph
    node_key: str
    device: str
    nonce: bytes
    threads: int
    memory_limit_bytes: int


class ProveChain(Struct, frozen=True, kw_only=True, tag="prove-chain"):
    """Compute every row from this nonce, and commit to them."""

    nonce: bytes


class OpenRows(Struct, frozen=True, kw_only=True, tag="open-rows"):
    """Show the rows of these numbers."""

    indices: tuple[int, ...]


Ask = Request | Exert | PrepareChain | ProveChain | OpenRows


class Ready(Struct, frozen=True, tag="ready"):
    """The worker is up, with these versions of what it measures with."""

    onnxruntime: str
    numpy: str
    python: str


class Begun(Struct, frozen=True, tag="begun"):
    """A phase began."""

    phase: Phase


class Prepared(Struct, frozen=True, tag="prepared"):
    """The operands are there; ``shape`` is the one in use, which a growing kernel has only now found."""

    shape: dict[str, int]


class Poised(Struct, frozen=True, tag="poised"):
    """Prepared and verified; the timed part begins when the worker is told to go."""


class Noticed(Struct, frozen=True, tag="noticed"):
    """How a phase with samples goes."""

    notice: Notice


class Surveying(Struct, frozen=True, tag="surveying"):
    """How far a survey is, in bytes."""

    done_bytes: int
    total_bytes: int


class Outcome(Struct, frozen=True, kw_only=True, tag="outcome"):
    """The kernel ran. ``before`` and ``after`` are its checks; without timing the first check already failed.

    A survey has what it found instead of a timing.
    """

    shape: dict[str, int]
    setup_s: float
    placed_nodes: int
    placement_read: bool
    notes: tuple[str, ...] = ()
    before: Check
    after: Check | None = None
    timing: Timing | None = None
    surveyed: Surveyed | None = None


class Exerted(Struct, frozen=True, kw_only=True, tag="exerted"):
    """What a device did since this was said last.

    It computed for ``busy_s`` of ``elapsed_s`` seconds; those in which this process stood still (suspended, frozen) are
    in neither. ``checks`` of its results were right; ``wrong`` is the first that was not. Nothing follows one that
    ``is_last``.
    """

    iterations: int
    busy_s: float
    elapsed_s: float
    checks: int = 0
    wrong: Check | None = None
    is_last: bool = False


class ChainReady(Struct, frozen=True, tag="chain-ready"):
    """A chain can be proven at once; making it ready took so long."""

    seconds: float


class Committed(Struct, frozen=True, tag="committed"):
    """The root over all rows of this device, and how long they took."""

    root: bytes
    seconds: float


class OpenedRow(Struct, frozen=True):
    """One row, and its path within the device's tree."""

    index: int
    row: bytes
    path: tuple[bytes, ...]


class Opened(Struct, frozen=True, tag="opened"):
    """The rows that were asked for, in that order."""

    rows: tuple[OpenedRow, ...]


class Refusal(Struct, frozen=True, tag="refusal"):
    """The kernel was not measured."""

    cause: Cause
    detail: str


Event = (
    Ready
    | Begun
    | Prepared
    | Poised
    | Noticed
    | Surveying
    | Outcome
    | Exerted
    | ChainReady
    | Committed
    | Opened
    | Refusal
)
