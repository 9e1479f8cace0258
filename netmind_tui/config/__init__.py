"""What the owner has set down in ``config.toml``: its settings, reading it, and writing it back.

Imports ``model`` and ``paths`` only. Reading is light; ``tomlkit`` is loaded where something is written.
"""

from netmind_tui.config.source import Config, Source, config_path, read_config, read_own, read_source

__all__ = ["Config", "Source", "config_path", "read_config", "read_own", "read_source"]
