"""What the owner allows of a challenger who chooses the moment: how often, and when; and what was used of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from netmind_tui.bench.lock import LockError, held
from netmind_tui.certify import private_file
from netmind_tui.certify.challenge.hours import MINUTES, Windows, is_within, lasts_within
from netmind_tui.certify.moment import read_moment, written
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_DAY = timedelta(days=1)
_LARGEST = 1 << 16
_TURN_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """At most ``at_most`` challenges in 24 hours, within these minutes of the owner's own day; kept in a file.

    A challenge takes up to ``seconds``, and all of them lie within these minutes. ``pause`` waits for another
    command that writes the file.
    """

    at_most: int
    within: Windows
    seconds: float
    path: Path
    pause: Callable[[float], None] = time.sleep

    def refusal(self, now: datetime) -> str | None:
        """Why a challenge may not begin now; ``None`` where it may. ``now`` is in the owner's own zone.

        Raises:
            Problem: the file cannot be read.
        """
        if not is_within(now, self.within):
            return "it is outside of the hours that you allow"
        if not lasts_within(now, self.seconds, self.within):
            return f"the hours that you allow end before the {self.seconds:g} s that a challenge may take"
        used = len(self._used(now))
        if used >= self.at_most:
            return f"{used} challenges began within 24 hours, as many as you allow"
        return None

    def use(self, now: datetime) -> str | None:
        """Note that one begins, before it does; or why it may not, where others used what was left meanwhile.

        Raises:
            Problem: it cannot be noted, so it may not begin.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with held(
                self.path.stem, since=written(now), folder=self.path.parent, wait=lambda _holder: self.pause(_TURN_S)
            ):
                refused = self.refusal(now)
                if refused is None:
                    lines = [*self._used(now), written(now)]
                    private_file.put(self.path, ("\n".join(lines) + "\n").encode())
                return refused
        except (OSError, LockError) as error:
            cause = str(error) if isinstance(error, LockError) else (error.strerror or str(error)).lower()
            raise Problem(f"cannot write {self.path}: {cause}; nothing begins without it", ExitCode.USAGE) from error

    def in_utc(self, now: datetime) -> Windows:
        """The spans in minutes of UTC, as the owner's clock stands to it now."""
        offset = now.utcoffset() or timedelta()
        shift = round(offset.total_seconds() / 60)
        return tuple(((low - shift) % MINUTES, (high - shift) % MINUTES) for low, high in self.within)

    def _used(self, now: datetime) -> list[str]:
        """The moments of the last 24 hours at which challenges began.

        One of later than in 24 hours was written while the clock was wrong, and counts for nothing.
        """
        found = []
        for line in self._text().split():
            try:
                moment = read_moment(line)
            except ValueError as error:
                raise self._damaged() from error
            if now - _DAY < moment <= now + _DAY:
                found.append(line)
        return found

    def _text(self) -> str:
        try:
            with self.path.open("rb") as file:
                data = file.read(_LARGEST + 1)
            text = data.decode("ascii")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError as error:
            raise self._damaged() from error
        except OSError as error:
            cause = (error.strerror or str(error)).lower()
            raise Problem(f"cannot read {self.path}: {cause}; nothing begins without it", ExitCode.USAGE) from error
        if len(data) > _LARGEST:
            raise self._damaged()
        return text

    def _damaged(self) -> Problem:
        return Problem(f"{self.path} is damaged: move it away", ExitCode.USAGE)
