"""Times and lengths of time as people write them; the interface reads them the same way."""

from netmind_tui.model.moment import Tense, read_length, read_moment, wall_moments

__all__ = ["Tense", "read_length", "read_moment", "wall_moments"]
