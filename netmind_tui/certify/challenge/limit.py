"""How much a challenger takes on, and for how long it waits: of challenges, and of whoever connects."""

from dataclasses import dataclass

SMALL_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many challenges a challenger takes on, and how many seconds a node has for each step.

    ``answer_s`` is for a node that is called. ``kept`` verdicts can be asked for again, each for ``kept_s``.
    """

    sessions: int = 256
    answer_s: float = 60.0
    prepare_s: float = 300.0
    prove_s: float = 1800.0
    open_s: float = 120.0
    kept_s: float = 600.0
    kept: int = 512
    again_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What strangers may take of a challenger: connections, seconds for the bytes of a request and of its answer.

    A connection counts from its first packet on; ``greet_s`` is for the handshake of TLS.
    ``large_bytes`` is the most that opened rows may be, and other messages ``SMALL_BYTES``. An answer waits ``hold_s``
    for a verdict; then it says when to ask for it.
    """

    connections: int = 256
    greet_s: float = 10.0
    read_s: float = 20.0
    answer_s: float = 20.0
    hold_s: float = 10.0
    large_bytes: int = 1 << 20
