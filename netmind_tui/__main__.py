"""``python -m netmind_tui`` is ``netmind``."""

from netmind_tui.cli.main import run

if __name__ == "__main__":
    run()
