"""What was fetched of a tariff, on disk: an agent that starts without a network has the plan of before."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from netmind_tui.ledger.plain_file import put, read_bytes, text_of
from netmind_tui.ledger.tariff.fetch import Mark
from netmind_tui.ledger.tariff.plan import Listed
from netmind_tui.ledger.tariff.slots_json import loaded, slots_in
from netmind_tui.ledger.written import MOST_DECIMALS, read_instant
from netmind_tui.model.problem import Problem

_SCHEMA = "netmind.tariff-kept/1"
_DECIMALS = MOST_DECIMALS + 3
"""A price that came per MWh, or in pence, has more of them per kWh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A plan as it was read at a moment, and what the server calls it."""

    plan: Listed
    read_at: datetime
    mark: Mark


class Shelf:
    """One file in a folder of what can be made again. A URL may hold a secret: it is neither its name nor in it."""

    def __init__(self, folder: Path, url: str, source: str) -> None:
        self._url = hashlib.sha256(url.encode()).hexdigest()
        self._path = folder / f"tariff-{self._url[:16]}.json"
        self._source = source

    def take(self) -> Kept | None:
        """What was kept; ``None`` where there is nothing that can be used."""
        try:
            data = read_bytes(self._path, "kept tariff")
            return None if data is None else self._kept(loaded(text_of(data, str(self._path))))
        except (Problem, ValueError):
            # It can be fetched again.
            return None

    def put(self, kept: Kept) -> None:
        """Keep a plan in place of the one before; where that cannot be done the next start has none."""
        document = {
            "schema": _SCHEMA,
            "url_sha256": self._url,
            "read_at": f"{kept.read_at.isoformat()}",
            "etag": kept.mark.etag,
            "last_modified": kept.mark.last_modified,
            "plan": {
                "name": kept.plan.name,
                "currency": kept.plan.currency,
                "slots": [
                    {"start": row.start.isoformat(), "end": row.end.isoformat(), "price": f"{row.price:f}"}
                    for row in kept.plan.rows()
                ],
            },
        }
        try:
            put(self._path, json.dumps(document, ensure_ascii=False).encode())
        except OSError:
            return

    def _kept(self, found: Any) -> Kept | None:  # noqa: ANN401 - any JSON
        if not isinstance(found, dict) or found.get("schema") != _SCHEMA or found.get("url_sha256") != self._url:
            return None
        words = [found.get(name) for name in ("etag", "last_modified")]
        etag, modified = (word if isinstance(word, str) else None for word in words)
        return Kept(
            plan=slots_in(found.get("plan"), self._source, None, _DECIMALS),
            read_at=read_instant(found.get("read_at")),
            mark=Mark(etag=etag, last_modified=modified),
        )
