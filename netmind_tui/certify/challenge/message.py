"""What node and challenger say to one another: canonical JSON, signed by whoever says it, and bound to one session.

Every message is a DSSE envelope of a payload type of its own, so that none of them passes for a certificate, and names
the session and the nonce that it answers, so that none of them answers twice or elsewhere.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from netmind_tui.certify import canonical
from netmind_tui.certify.envelope import KEY, Sealed, seal, unseal
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import exactly
from netmind_tui.document import plain
from netmind_tui.model.challenge import CHALLENGE_TYPE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

T = TypeVar("T")

NONCE_BYTES = 32
HEX = re.compile(r"[0-9a-f]{64}")
_DEVICE = re.compile(r"[0-9a-z:.]{1,64}")
MOST_DEVICES = 64
ROWS_OPENED = 64
"""How many rows are drawn, or all where a proof has fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The challenger says who it is, to whoever asks."""

    schema: Literal["netmind.challenge-about/1"] = "netmind.challenge-about/1"
    challenger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """A node asks to be challenged, with these devices, all of one provider.

    ``nonce`` is the node's own and is taken once, so that nobody else can begin a challenge in its name. ``call`` is
    the word of a call that it answers, where the challenger chose the moment.
    """

    schema: Literal["netmind.challenge-hello/1"] = "netmind.challenge-hello/1"
    challenger: str
    nonce: str
    provider: str
    devices: tuple[str, ...]
    memory_bytes: tuple[int, ...]
    call: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The first nonce: what is to be made ready, and how many seconds each step may take."""

    schema: Literal["netmind.challenge-greeting/1"] = "netmind.challenge-greeting/1"
    node: str
    answers: str
    session: str
    nonce1: str
    chain: str
    chain_version: int
    chain_digest: str
    prepare_s: float
    prove_s: float
    open_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Everything that follows from the first nonce is made: the clock may start."""

    schema: Literal["netmind.challenge-ready/1"] = "netmind.challenge-ready/1"
    session: str
    nonce1: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The second nonce: the clock runs."""

    schema: Literal["netmind.challenge-start/1"] = "netmind.challenge-start/1"
    session: str
    nonce1: str
    nonce2: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The root over all rows of all devices: the clock stops."""

    schema: Literal["netmind.challenge-committed/1"] = "netmind.challenge-committed/1"
    session: str
    nonce2: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The rows to open, in this order, and what the challenger's clock showed."""

    schema: Literal["netmind.challenge-draw/1"] = "netmind.challenge-draw/1"
    session: str
    nonce2: str
    root: str
    rows: tuple[int, ...]
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRow:
    """One row with its path to the root. The bytes are in base64, the digests in hexadecimal digits."""

    index: int
    row: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The rows that were drawn."""

    schema: Literal["netmind.challenge-opened/1"] = "netmind.challenge-opened/1"
    session: str
    root: str
    rows: tuple[OpenedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The node asks for its verdict; as often as it likes."""

    schema: Literal["netmind.challenge-asked/1"] = "netmind.challenge-asked/1"
    session: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """The rows are being computed again: ask again in so many seconds."""

    schema: Literal["netmind.challenge-checking/1"] = "netmind.challenge-checking/1"
    session: str
    root: str
    again_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A node may be called: ``at_most`` times a day, within these hours of its own day, in minutes of UTC.

    ``seconds`` is the most that one challenge may take of it. ``within`` are pairs of minutes; from a later to an
    earlier one it goes on past midnight.
    """

    schema: Literal["netmind.challenge-waiting/1"] = "netmind.challenge-waiting/1"
    challenger: str
    nonce: str
    at_most: int
    seconds: int
    within: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An answer to a node that waits: a word to begin with now, within ``answer_s``, or when to ask again."""

    schema: Literal["netmind.challenge-call/1"] = "netmind.challenge-call/1"
    node: str
    answers: str
    call: str | None
    answer_s: float | None
    again_s: float


def say(message: object, private: "Ed25519PrivateKey") -> bytes:
    """A message as it is sent."""
    return seal(canonical.canonical(plain(message), "the message"), private, CHALLENGE_TYPE)


def heard(data: bytes, kind: type[T], what: str) -> tuple[T, str]:
    """A message of one kind, and the key that signed it.

    Raises:
        Refused: it is not that message in its one spelling, or its signature does not hold.
    """
    return understood(unseal(data, what, CHALLENGE_TYPE), kind, what)


def understood(sealed: Sealed, kind: type[T], what: str) -> tuple[T, str]:
    """A message in an envelope whose signature holds, and the key that signed it.

    Raises:
        Refused: it is not that message in its one spelling.
    """
    value = canonical.read(sealed.payload, f"{what}: the payload")
    message = exactly(value, kind, what, "message")
    for name in ("session", "nonce", "nonce1", "nonce2", "root", "answers", "chain_digest", "call"):
        word = getattr(message, name, None)
        if word is not None and HEX.fullmatch(word) is None:
            raise Refused("message", f"{what}: {name} is not 64 hexadecimal digits")
    for name in ("challenger", "node"):
        word = getattr(message, name, None)
        if word is not None and KEY.fullmatch(word) is None:
            raise Refused("message", f"{what}: {name} is not ed25519: and 64 hexadecimal digits")
    if isinstance(message, Hello):
        _check_devices(message, what)
    return message, sealed.key


def _check_devices(hello: Hello, what: str) -> None:
    if not 0 < len(hello.devices) <= MOST_DEVICES:
        raise Refused("message", f"{what}: 1 to {MOST_DEVICES} devices are expected, found {len(hello.devices)}")
    if len(hello.memory_bytes) != len(hello.devices):
        raise Refused("message", f"{what}: a memory for each device is expected")
    if len(set(hello.devices)) != len(hello.devices):
        raise Refused("message", f"{what}: it names one device twice")
    for device in hello.devices:
        if _DEVICE.fullmatch(device) is None:
            raise Refused("message", f"{what}: {device[:64]!r} is no word for a device")
