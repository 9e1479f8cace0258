"""When the owner's files about money are to be read: where one of them changed, and now and then for time goes on."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from netmind_tui.paths import baseline_path, ledger_path, prices_path, rates_path

if TYPE_CHECKING:
    from netmind_tui.tui.state import State

SCREENS = ("overview", "devices", "schedule", "earnings")
"""Those that tell of money."""
EVERY_S, LOOK_EVERY_S, FIRST_AFTER_S = 300.0, 15.0, 2.0
_Shape = tuple[tuple[int, int] | None, ...]


class MoneyWatch:
    """One reads at a time, and the first picture waits for none.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._look_at = clock() + FIRST_AFTER_S
        self._read_at = -EVERY_S
        self._shape: _Shape | None = None
        self._settings: object = None
        self._is_reading = False

    def is_due(self, state: "State") -> bool:
        """Whether to read them now, which is then taken as begun: no agent tells, somebody looks, and there are any."""
        node, now = state.node, self._clock()
        is_silent = node.is_absent and not node.is_there and not node.place.hostname
        if not is_silent or state.view.screen not in SCREENS or self._is_reading or now < self._look_at:
            return False
        self._look_at = now + LOOK_EVERY_S
        config, shape = state.settings.config, tuple(map(_signature, _files()))
        is_same = shape == self._shape and state.settings is self._settings and now - self._read_at < EVERY_S
        has_any = any(shape) or config.price_per_kwh is not None or config.tariff is not None
        if is_same or not has_any:
            return False
        self._shape, self._settings, self._read_at, self._is_reading = shape, state.settings, now, True
        return True

    def end(self) -> None:
        """They were read."""
        self._is_reading = False


def _files() -> tuple[Path, ...]:
    return ledger_path(), prices_path(), rates_path(), baseline_path()


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
