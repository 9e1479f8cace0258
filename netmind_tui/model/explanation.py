"""What the owner's terms say of each device at a moment: the document of ``netmind schedule explain``."""

from dataclasses import dataclass
from datetime import datetime

from netmind_tui.model.decision import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The decisions as they would be at ``at`` (UTC) if there were work, every reason ranked.

    ``path`` is the policy's file, ``None`` where there is none.
    """

    schema: str = "netmind.explanation/1"
    at: datetime
    zone: str
    path: str | None = None
    devices: tuple[Decision, ...] = ()
