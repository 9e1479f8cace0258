"""Where this program keeps its files. Asking for a folder never makes it.

The places are the platform's own (on Linux the XDG base directories, with their variables), under the name ``netmind``.
"""

from pathlib import Path

_NAME = "netmind"

# platformdirs is imported where it is used: 20 ms that commands without files do without.


def config_dir() -> Path:
    """What the owner writes: ``~/.config/netmind`` on Linux."""
    from platformdirs import user_config_path  # noqa: PLC0415 - see above

    return user_config_path(_NAME, appauthor=False)


def state_dir() -> Path:
    """What the program remembers: ``~/.local/state/netmind`` on Linux."""
    from platformdirs import user_state_path  # noqa: PLC0415 - see above

    return user_state_path(_NAME, appauthor=False)


def cache_dir() -> Path:
    """What can be made again: ``~/.cache/netmind`` on Linux."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - see above

    return user_cache_path(_NAME, appauthor=False)


def identity_dir() -> Path:
    """The node's key and what belongs to it, its owner's alone: ``~/.local/share/netmind/identity`` on Linux."""
    from platformdirs import user_data_path  # noqa: PLC0415 - see above

    return user_data_path(_NAME, appauthor=False) / "identity"


def challenger_dir() -> Path:
    """A challenger's key and its record of challenges, its owner's alone: ``~/.local/share/netmind/challenger``."""
    from platformdirs import user_data_path  # noqa: PLC0415 - see above

    return user_data_path(_NAME, appauthor=False) / "challenger"


def certificates_dir() -> Path:
    """The certificates that this node made, a folder each."""
    return state_dir() / "certificates"


def runs_dir() -> Path:
    """The benchmark runs that were kept, one file each."""
    return state_dir() / "runs"


def verdicts_dir() -> Path:
    """What kept runs came to when they were validated, one file each."""
    return state_dir() / "verdicts"


def policy_path() -> Path:
    """The owner's terms: ``$NETMIND_POLICY``, or ``policy.toml`` beside the configuration."""
    import os  # noqa: PLC0415 - see above

    named = os.environ.get("NETMIND_POLICY")
    return Path(named) if named else config_dir() / "policy.toml"


def workloads_path() -> Path:
    """What may run for others: ``$NETMIND_WORKLOADS``, or ``workloads.toml`` beside the configuration."""
    import os  # noqa: PLC0415 - see above

    named = os.environ.get("NETMIND_WORKLOADS")
    return Path(named) if named else config_dir() / "workloads.toml"


def rates_path() -> Path:
    """What the owner's work is worth: ``$NETMIND_RATES``, or ``rates.toml`` beside the configuration."""
    import os  # noqa: PLC0415 - see above

    named = os.environ.get("NETMIND_RATES")
    return Path(named) if named else config_dir() / "rates.toml"


def prices_path() -> Path:
    """What one asset costs in another, by date: ``$NETMIND_PRICES``, or ``prices.csv`` beside the configuration."""
    import os  # noqa: PLC0415 - see above

    named = os.environ.get("NETMIND_PRICES")
    return Path(named) if named else config_dir() / "prices.csv"


def ledger_path() -> Path:
    """The books of this machine's work; their copies lie in ``backups`` beside them."""
    return state_dir() / "ledger" / "ledger.db"


def baseline_path() -> Path:
    """What devices draw when they do nothing, as it was measured."""
    return state_dir() / "energy" / "baseline.json"


def work_dir() -> Path:
    """The workloads' own folders, with their logs, and the records of what they ran."""
    return agent_dir() / "work"


def agent_dir() -> Path:
    """What the agent remembers and its journal, its user's alone."""
    return state_dir() / "agent"


def socket_path() -> Path:
    """Where an agent of this user listens: ``$NETMIND_SOCKET``, or in the user's runtime folder where there is one."""
    import os  # noqa: PLC0415 - see above

    named, runtime = os.environ.get("NETMIND_SOCKET"), os.environ.get("XDG_RUNTIME_DIR")
    if named:
        return Path(named)
    return Path(runtime) / "netmind" / "agent.sock" if runtime else agent_dir() / "agent.sock"


SYSTEM_SOCKET = Path("/run/netmind/agent.sock")
"""Where the agent of a system unit listens."""


def lock_dir() -> Path:
    """Where device locks lie: the folder that all users of this machine share, because they share its devices.

    ``NETMIND_LOCKS`` names another one.
    """
    import os  # noqa: PLC0415 - see above
    import tempfile  # noqa: PLC0415 - see above

    chosen = os.environ.get("NETMIND_LOCKS")
    if chosen:
        return Path(chosen)
    # Not TMPDIR: two users, or a service and a shell, would lock in two places.
    return Path("/tmp") if os.name == "posix" else Path(tempfile.gettempdir())  # noqa: S108 - links are not followed
