"""How the two files of a certificate are called: ``node.json``, and ``node.result.json`` beside it."""

import re
from pathlib import Path

RESULT = ".result.json"
"""What the name of a result document ends with."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def result_name(certificate: Path) -> str:
    """The name of the result document beside a certificate."""
    return f"{certificate.stem}{RESULT}"


def can_be_named(name: str) -> bool:
    """Whether a certificate could name a file so: a verifier opens plain names alone."""
    return _PLAIN.fullmatch(name) is not None
