"""The numbers by which rows of the ledger name an asset or a subject, each given when it is first named."""

from dataclasses import replace

from netmind_tui.database import Connection
from netmind_tui.ledger.fault import Refused
from netmind_tui.model.ledger import Subject
from netmind_tui.model.money import Asset, AssetKind

_MOST = 4096
_SUBJECT = "node = ? AND device = ? AND uuid = ? AND workload = ? AND payer = ? AND job = ?"


class Numbers:
    """Remembers what it was asked for; of no use any more when a transaction came to nothing.

    Args:
        connection: Of the one writer; in a transaction whenever anything is called.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._assets: dict[str, tuple[int, Asset]] = {}
        self._subjects: dict[Subject, int] = {}
        self._without_jobs: dict[Subject, int] = {}

    def asset(self, asset: Asset, name: str) -> int:
        """An asset's number, for the entry of that name.

        Raises:
            Refused: it has other decimals here than where it was first booked.
        """
        if asset.code not in self._assets:
            self._assets[asset.code] = self._found(asset)
        number, booked_as = self._assets[asset.code]
        if booked_as is not asset and booked_as != asset:
            given, stands = f"{asset.exponent} decimals as {asset.kind}", f"{booked_as.exponent} as {booked_as.kind}"
            raise Refused(name, f"{asset.code} has {given} here, and {stands} in this ledger, for ever")
        return number

    def code(self, number: int) -> str:
        """The code of an asset that has a number."""
        return next(asset.code for found, asset in self._assets.values() if found == number)

    def subject(self, subject: Subject) -> int:
        """A subject's number."""
        if subject not in self._subjects:
            if len(self._subjects) >= _MOST:  # each job is one
                self._subjects.clear()
                self._without_jobs.clear()
            values = (subject.node, subject.device, subject.uuid, subject.workload, subject.payer, subject.job)
            row = self._connection.execute(f"SELECT number FROM subject WHERE {_SUBJECT}", values).fetchone()  # noqa: S608 - a constant
            if row is None:
                added = "INSERT INTO subject (node, device, uuid, workload, payer, job) VALUES (?, ?, ?, ?, ?, ?)"
                row = (self._connection.execute(added, values).lastrowid,)
            self._subjects[subject] = int(row[0] or 0)
        return self._subjects[subject]

    def without_job(self, subject: Subject) -> int:
        """The number of a subject, whatever its job."""
        if subject not in self._without_jobs:
            self._without_jobs[subject] = self.subject(replace(subject, job=""))
        return self._without_jobs[subject]

    def _found(self, asset: Asset) -> tuple[int, Asset]:
        query = "SELECT number, exponent, kind FROM asset WHERE code = ?"
        row = self._connection.execute(query, (asset.code,)).fetchone()
        if row is not None:
            return row[0], Asset(code=asset.code, exponent=row[1], kind=AssetKind(row[2]))
        added = "INSERT INTO asset (code, exponent, kind) VALUES (?, ?, ?)"
        made = self._connection.execute(added, (asset.code, asset.exponent, str(asset.kind)))
        return int(made.lastrowid or 0), asset
