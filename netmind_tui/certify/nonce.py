"""A verifier's nonce, and the seed that follows from it: what is measured after it cannot have been prepared before."""

import hashlib
import re

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

NONCE = re.compile(r"[A-Za-z0-9._~-]{16,128}")


def check_nonce(nonce: str, option: str = "--nonce") -> str:
    """The nonce itself.

    Raises:
        Problem: it is too short to be unpredictable, or cannot be passed on unchanged.
    """
    if NONCE.fullmatch(nonce) is None:
        words = (
            f"{option} {nonce[:40]}: 16 to 128 of A-Z a-z 0-9 . _ ~ - are expected, such as openssl rand -hex 16 gives"
        )
        raise Problem(words, ExitCode.USAGE)
    return nonce


def seed_of(nonce: str) -> int:
    """The seed of all data under a nonce: 63 bits of SHA-256 over a label and the nonce."""
    digest = hashlib.sha256(b"netmind-seed/1\x00" + nonce.encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
