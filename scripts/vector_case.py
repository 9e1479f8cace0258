"""One vector: the files, what the verifier knows and asks, and the answer that every verifier must give."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vector_made import CERTIFICATE, ISSUED, public

from netmind_tui.certify.moment import written

WHEN = ISSUED + timedelta(hours=1)
NODE = ("node",)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One vector. ``trust`` and ``challengers`` are names of test keys; without any, no such list is given.

    ``also`` are further certificates to verify beside it, ``statements`` files in which keys speak of keys. ``check``
    is the first check of ``certificate.json`` that fails or cannot be told; ``exit`` is what a verifier ends with.
    """

    name: str
    about: str
    files: dict[str, bytes]
    trust: tuple[str, ...] | None = NODE
    challengers: tuple[str, ...] | None = None
    allows_unknown: bool = False
    nonce: str | None = None
    now: datetime = WHEN
    also: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    revocations: tuple[str, ...] = ()
    exit: int = 0
    check: str | None = None
    level: str | None = None

    def entry(self, folder: str) -> dict[str, Any]:
        """Its entry in ``vectors.json``."""
        return {
            "name": self.name,
            "about": self.about,
            "folder": f"{folder}/{self.name}",
            "verify": [CERTIFICATE, *self.also],
            "statements": list(self.statements),
            "revocations": list(self.revocations),
            "trust": None if self.trust is None else [public(name) for name in self.trust],
            "challengers": None if self.challengers is None else [public(name) for name in self.challengers],
            "allow_unknown_signer": self.allows_unknown,
            "nonce": self.nonce,
            "now": written(self.now),
            "exit": self.exit,
            "first_failing_check": self.check,
            "level": self.level,
        }
