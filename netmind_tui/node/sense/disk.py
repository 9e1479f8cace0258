"""How much room is left where this program writes."""

import os
from pathlib import Path

from netmind_tui.model.policy import Guard
from netmind_tui.model.quantity import gibibytes
from netmind_tui.node.sense.sensed import Sensed

SOURCE = "file system"


def sense(guard: Guard, folder: Path) -> Sensed:
    """The bytes that a user without privileges may still write beside a folder, there or not yet."""
    for place in (folder, *folder.parents):
        try:
            size = os.statvfs(place)
        except FileNotFoundError:
            continue
        except (OSError, AttributeError) as error:
            return Sensed(kind=guard.kind, source=SOURCE, unknown=f"the free space of {place} cannot be read: {error}")
        free = size.f_frsize * size.f_bavail
        return Sensed(kind=guard.kind, value=float(free), words=f"{gibibytes(free)} free", source=SOURCE)
    return Sensed(kind=guard.kind, source=SOURCE, unknown=f"there is no folder {folder}")
