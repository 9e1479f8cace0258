"""Opened rows on the wire: the one long message, and what of it is looked at before any work is spent on it."""

import base64
import binascii
import re
from collections.abc import Sequence

from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.message import HEX, ROWS_OPENED, Opened, OpenedRow, understood
from netmind_tui.certify.envelope import unseal
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import short
from netmind_tui.model.challenge import CHALLENGE_TYPE

PATH_STEPS = 32
"""No tree is higher than this."""
_WHAT = "the opened rows"
# The one spelling of an envelope: told from all else without reading it as JSON.
_ENVELOPE = re.compile(
    rb'\{"payload":"[A-Za-z0-9+/]+={0,2}","payloadType":"%s",'
    rb'"signatures":\[\{"keyid":"(ed25519:[0-9a-f]{64})","sig":"[A-Za-z0-9+/]{86}=="\}\]\}'
    % re.escape(CHALLENGE_TYPE.encode())
)


def check_sender(data: bytes, node_key: str) -> None:
    """Refuse long bytes that are not an envelope, or not in the name of the node that they are awaited from.

    Raises:
        Refused: at a glance; the signature is not looked at yet.
    """
    found = _ENVELOPE.fullmatch(data)
    if found is None:
        raise Refused("envelope", f"{_WHAT} are no signed envelope in its one spelling")
    key = found[1].decode()
    if key != node_key:
        raise Declined(Why.FOREIGN, f"this session is not that of {short(key)}")


def heard_rows(data: bytes) -> tuple[Opened, str]:
    """Opened rows, and the key that signed them.

    Raises:
        Refused: the signature does not hold, or they are not that message. What is signed is read only where it has
            no more parts than rows and paths have: reading many small ones takes a hundred times as long.
    """
    sealed = unseal(data, _WHAT, CHALLENGE_TYPE)
    most = ROWS_OPENED * (PATH_STEPS + 4) + 8
    if any(sealed.payload.count(sign) > most for sign in (b"{", b"[", b",", b":", b"\\")):
        raise Refused("message", f"{_WHAT} have more parts than {ROWS_OPENED} rows with their paths")
    return understood(sealed, Opened, _WHAT)


def written(openings: Sequence[Opening]) -> tuple[OpenedRow, ...]:
    """Openings as they are sent."""
    return tuple(
        OpenedRow(
            index=each.index,
            row=base64.b64encode(each.row).decode(),
            path=tuple(digest.hex() for digest in each.path),
        )
        for each in openings
    )


def opening_of(row: OpenedRow) -> Opening:
    """An opening as it is checked.

    Raises:
        Refused: its bytes are not written as they should be.
    """
    try:
        data = base64.b64decode(row.row, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("proof", f"row {row.index} is not base64") from error
    if any(HEX.fullmatch(digest) is None for digest in row.path):
        raise Refused("proof", f"the path of row {row.index} has a digest that is not 64 hexadecimal digits")
    return Opening(row.index, data, tuple(bytes.fromhex(digest) for digest in row.path))


def large_bytes(n: int) -> int:
    """The most that opened rows of ``n`` bytes can be, as they are sent: base64 twice, and paths."""
    row = 4 * -(-n // 3) + PATH_STEPS * 67 + 64
    return 4 * -(-ROWS_OPENED * row // 3) + 4096
