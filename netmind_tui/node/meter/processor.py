"""The processor time of instances, as it is given to the intervals of one of their devices."""

from collections.abc import Sequence

from netmind_tui.model.metering import RUNS
from netmind_tui.node.meter.piece import Piece, shared

_REMEMBERED = 256


class ProcessorTime:
    """Follows what each instance has had in all; what came since goes to the pieces that it came in.

    An instance of several devices is counted on the first of them, and on the next once that one is left.
    """

    def __init__(self) -> None:
        self._had: dict[str, int] = {}
        self._devices: dict[str, list[str]] = {}
        self._inherited: set[str] = set()

    def had(self, device: str) -> dict[str, int]:
        """What each instance that is counted on a device had had when last counted."""
        return {number: self._had[number] for number, names in self._devices.items() if names[0] == device}

    def begin(self, number: str, device: str, cpu_s: float | None = None) -> None:
        """An instance begins on a device; what it had had before then is nobody's."""
        if number not in self._had:
            self._had[number] = round((cpu_s or 0.0) * 1000)
        names = self._devices.setdefault(number, [])
        if device not in names:
            names.append(device)

    def leave(self, number: str, device: str) -> None:
        """It is no more on a device."""
        names = self._devices.get(number, [])
        if device in names[:1]:
            self._inherited.add(number)
        if device in names:
            names.remove(device)
        if not names:
            self._devices.pop(number, None)
            self._inherited.discard(number)
        # A number is never given to another start; late words about an old one are not worth their memory.
        while len(self._had) > _REMEMBERED + len(self._devices):
            self._had.pop(next(each for each in self._had if each not in self._devices))

    def count(self, number: str, cpu_s: float | None, pieces: Sequence[Piece]) -> None:
        """It had had so much in all by now; ``pieces`` are all that are at hand."""
        names = self._devices.get(number)
        if cpu_s is None or not names:
            return
        own = [each for each in pieces if each.instance == number and each.device == names[0]]
        if not own:
            return
        more = max(0, round(cpu_s * 1000) - self._had[number])
        if not more and number in self._inherited:
            return
        self._had[number] += more
        # What stands still takes no time.
        some = [each for each in own if each.activity in RUNS and each.uncounted_ms] or own
        weights = [each.uncounted_ms for each in some]
        parts = shared(more, weights) if sum(weights) else [*[0] * (len(some) - 1), more]
        for each, part in zip(some, parts, strict=True):
            each.cpu_ms = (each.cpu_ms or 0) + part
        for each in own:
            each.uncounted_ms = 0

    def waits(self, piece: Piece) -> bool:
        """Whether a piece's time is still to be counted."""
        names = self._devices.get(piece.instance or "")
        return bool(names and names[0] == piece.device and piece.uncounted_ms)

    def numbers(self) -> tuple[str, ...]:
        """Those that are on a device."""
        return tuple(self._devices)
