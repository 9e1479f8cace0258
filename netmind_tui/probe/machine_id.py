"""The operating system's own id of this machine, from which nobody is ever shown more than a salted digest."""

import re
from collections.abc import Collection
from pathlib import Path

from netmind_tui.model.host import Boundary
from netmind_tui.probe.kernelfile import read_text

_PLACES = ("etc/machine-id", "var/lib/dbus/machine-id")
_ID = re.compile(r"[0-9a-f]{32}")


def read_machine_id(boundaries: Collection[Boundary], root: Path = Path("/")) -> str | None:
    """The id as 32 hexadecimal digits; ``None`` where there is none.

    In a container it is that of the image, which many machines share: none, too.
    """
    if Boundary.CONTAINER in boundaries:
        return None
    for place in _PLACES:
        text = (read_text(root / place).value or "").lower()
        if _ID.fullmatch(text) and text.strip("0"):
            return text
    return None
