"""A tariff that is fetched: asked for each hour, held while nobody answers, kept on disk for the next start."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from netmind_tui.ledger.tariff.fetch import Answer, Fetch, Mark, Unanswered, fetch
from netmind_tui.ledger.tariff.plan import Listed, Row, listed
from netmind_tui.ledger.tariff.read import slots_of
from netmind_tui.ledger.tariff.shelf import Kept, Shelf
from netmind_tui.ledger.tariff.source import Known
from netmind_tui.model.problem import Problem

EACH = timedelta(hours=1)
_AGAIN = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30, 60))
"""How long after each failure in a row it is asked again."""
_REMEMBERED = timedelta(days=62)


class UrlSource:
    """One URL. What it published stays known for two months, though it tells of a few days alone."""

    def __init__(self, url: str, folder: Path | None = None, currency: str | None = None, ask: Fetch = fetch) -> None:
        self._url = url
        self._name = shown_url(url)
        self._shelf = None if folder is None else Shelf(folder, url, self._name)
        self._currency = currency
        self._ask = ask
        self._mark = Mark()
        self._failures = 0
        self._asked: datetime | None = None
        self._wait = EACH

    @property
    def name(self) -> str:
        """The URL, as it may be shown."""
        return self._name

    def begin(self) -> Known:
        """What was kept."""
        kept = self._shelf.take() if self._shelf else None
        if kept is None:
            return Known()
        self._mark, self._asked, self._wait = kept.mark, kept.read_at, EACH
        return Known(plan=kept.plan, read_at=kept.read_at, is_held=True)

    def look(self, known: Known, now: datetime) -> Known:
        """Ask where it is time to."""
        # A clock that went back must not silence it.
        if self._asked is not None and self._asked <= now < self._asked + self._wait:
            return replace(known, is_held=False) if known.is_held and known.fault is None else known
        self._asked = now
        try:
            found = self._read(known, self._ask(self._url, self._mark), now)
        except (Unanswered, Problem) as failed:
            return self._failed(known, failed)
        self._failures, self._wait = 0, EACH
        return found

    def _read(self, known: Known, answer: Answer, now: datetime) -> Known:
        if answer.body is None and isinstance(known.plan, Listed):
            return replace(known, read_at=now, fault=None, is_held=False)
        fresh = slots_of(answer.body or b"", self._name, self._currency)
        plan = together(known.plan, fresh, now - _REMEMBERED) if isinstance(known.plan, Listed) else fresh
        self._mark = answer.mark
        if self._shelf is not None:
            self._shelf.put(Kept(plan=plan, read_at=now, mark=answer.mark))
        return Known(plan=plan, read_at=now)

    def _failed(self, known: Known, failed: Unanswered | Problem) -> Known:
        self._wait = _AGAIN[min(self._failures, len(_AGAIN) - 1)]
        if isinstance(failed, Unanswered) and failed.wait_s is not None:
            self._wait = max(self._wait, timedelta(seconds=failed.wait_s))
        self._failures += 1
        cause = f"{self._name}: {failed.cause}" if isinstance(failed, Unanswered) else failed.sentence
        return replace(known, fault=cause, is_held=True)


def shown_url(url: str) -> str:
    """A URL without its query, which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def together(old: Listed, new: Listed, since: datetime) -> Listed:
    """What is known after another answer: it holds from its first slot to its last, and before and after what was."""
    if not new.prices or old.currency != new.currency:
        return new
    rows = list(new.rows())
    first, last = rows[0].start, rows[-1].end
    before = (Row(row.start, min(row.end, first), row.price, row.place) for row in old.rows() if row.start < first)
    after = (Row(max(row.start, last), row.end, row.price, row.place) for row in old.rows() if row.end > last)
    kept = (row for row in chain(before, after) if row.end > since)
    warnings = tuple(each for each in new.warnings)
    plan = listed([*kept, *rows], currency=new.currency, source=new.source, name=new.name)
    return replace(plan, warnings=warnings)
