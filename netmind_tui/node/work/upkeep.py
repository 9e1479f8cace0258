"""What goes along with work: cards held to their caps, and the machine kept awake; none of it holds up the loop."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from netmind_tui.model.device import Device
from netmind_tui.node.agent.looked import Told
from netmind_tui.node.work.awake import Awake
from netmind_tui.node.work.power import Cap, PowerCaps

_log = logging.getLogger(__name__)

END_S = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upheld:
    """What is to hold: whether work runs, and the caps of the cards on which it runs, by UUID."""

    works: bool = False
    on_battery: bool | None = None
    caps: Mapping[str, Cap] = field(default_factory=dict)


class Upkeep:
    """Follows the work.

    Args:
        caps: holds cards to their caps.
        awake: keeps the machine awake.
        tell: is given what happened, on the loop.
    """

    def __init__(self, caps: PowerCaps, awake: Awake, tell: Callable[[Told], None]) -> None:
        self._caps = caps
        self._awake = awake
        self._tell = tell
        self._upheld = Upheld()
        self._task: asyncio.Task[None] | None = None

    def follow(self, upheld: Upheld) -> None:
        """Have this hold from now on; it is brought about beside the loop. To be called at each change and each look.

        Work that stands still is no work here: its card is as its owner left it. The first call gives back what an
        agent that was killed still held.
        """
        self._upheld = upheld
        if self._task is None and self._needs():
            self._task = asyncio.create_task(self._keep(), name="upkeep")

    @property
    def is_settled(self) -> bool:
        """Whether what was asked for last is brought about, or could not be."""
        return self._task is None

    async def settled(self) -> None:
        """Wait until what was asked for last is brought about, or cannot be."""
        while self._task is not None:
            await asyncio.wait({self._task})

    async def end(self) -> None:
        """Give back everything. What takes too long is given back at the next start."""
        self.follow(Upheld())
        with suppress(TimeoutError):
            await asyncio.wait_for(self.settled(), END_S)
        self._awake.close()

    def as_owned(self, device: Device) -> Device:
        """A card with its owner's power limit, whatever it is held to now."""
        return self._caps.as_owned(device)

    def warnings(self) -> tuple[str, ...]:
        """What is not as it should be, in sentences."""
        warning = self._awake.warning
        return (*self._caps.warnings(), *((warning,) if warning is not None else ()))

    def _needs(self) -> bool:
        upheld = self._upheld
        return self._caps.needs(upheld.caps) or self._awake.needs(works=upheld.works, on_battery=upheld.on_battery)

    async def _keep(self) -> None:
        try:
            while self._needs():
                upheld = self._upheld
                for each in await asyncio.to_thread(self._brought_about, upheld):
                    self._tell(each)
        except Exception:  # noqa: BLE001 - nothing here may end the agent, and the next change tries again
            _log.exception("what goes along with work could not be brought about")
        finally:
            self._task = None

    def _brought_about(self, upheld: Upheld) -> tuple[Told, ...]:
        self._awake.keep(works=upheld.works, on_battery=upheld.on_battery)
        return self._caps.keep(upheld.caps)
