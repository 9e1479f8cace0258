"""``python -m netmind_tui`` is ``netmind``."""

from netmind_tui.entry import netmind

if __name__ == "__main__":
    netmind()
