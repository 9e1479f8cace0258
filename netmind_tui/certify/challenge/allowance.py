"""What the owner allows of a challenger who chooses the moment: how often, and when; and what was used of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from netmind_tui.certify import private_file
from netmind_tui.certify.challenge.call import MINUTES, Windows, is_within
from netmind_tui.certify.moment import read_moment, written
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_DAY = timedelta(days=1)
_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """At most ``at_most`` challenges in 24 hours, within these minutes of the owner's own day; kept in a file."""

    at_most: int
    within: Windows
    path: Path

    def refusal(self, now: datetime) -> str | None:
        """Why a challenge may not begin now; ``None`` where it may. ``now`` is in the owner's own zone.

        Raises:
            Problem: the file cannot be read.
        """
        if not is_within(now, self.within):
            return "it is outside of the hours that you allow"
        used = len(self._used(now))
        if used >= self.at_most:
            return f"{used} challenges began within 24 hours, as many as you allow"
        return None

    def use(self, now: datetime) -> None:
        """Note that one begins, before it does.

        Raises:
            Problem: it cannot be noted, so it may not begin.
        """
        lines = [*self._used(now), written(now)]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            private_file.put(self.path, ("\n".join(lines) + "\n").encode())
        except OSError as error:
            cause = (error.strerror or str(error)).lower()
            raise Problem(f"cannot write {self.path}: {cause}; nothing begins without it", ExitCode.USAGE) from error

    def in_utc(self, now: datetime) -> Windows:
        """The spans in minutes of UTC, as the owner's clock stands to it now."""
        offset = now.utcoffset() or timedelta()
        shift = round(offset.total_seconds() / 60)
        return tuple(((low - shift) % MINUTES, (high - shift) % MINUTES) for low, high in self.within)

    def _used(self, now: datetime) -> list[str]:
        """The moments at which challenges began within the last 24 hours."""
        try:
            text = private_file.read(self.path, _LARGEST).decode("ascii")
        except FileNotFoundError:
            return []
        except UnicodeDecodeError as error:
            raise Problem(f"{self.path} is damaged: move it away", ExitCode.USAGE) from error
        found = []
        for line in text.split():
            try:
                moment = read_moment(line)
            except ValueError as error:
                raise Problem(f"{self.path} is damaged: move it away", ExitCode.USAGE) from error
            if moment > now - _DAY:
                found.append(line)
        return found
