"""The agent as a unit of systemd: what may start it, as whom it runs, and what it may not do.

Left out on purpose, for a machine with GPUs: ``PrivateDevices`` hides the cards, ``MemoryDenyWriteExecute`` breaks what
compiles for them, ``ProtectProc`` hides the programs that the guards look for, ``PrivateUsers`` makes nobody of
everybody who asks over the socket, ``ProtectControlGroups`` takes away the groups in which workloads are held and
counted: without privileges the agent can write none but its own (``Delegate``). A user's own manager can give a service
no view of the files of its own without ``PrivateUsers``: what needs one is in the unit of the system alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.workload import LONGEST_GRACE_S

NAME = "netmind-agent.service"
GROUP = "netmind"
CARRIED = (
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "NETMIND_CONFIG",
    "NETMIND_POLICY",
    "NETMIND_WORKLOADS",
    "NETMIND_RATES",
    "NETMIND_PRICES",
    "NETMIND_SOCKET",
    "NETMIND_LOCKS",
    "NETMIND_KERNELS",
)
"""Variables that a user's unit has from the shell that installs it: the agent then finds the same files."""

_WATCHDOG_S = 60
_STOP_S = int(LONGEST_GRACE_S) + 45
_FORBIDDEN = set("\0\n\r")


class Scope(StrEnum):
    """Whose unit it is, and from when to when it runs."""

    USER = "user"
    LINGER = "linger"
    SYSTEM = "system"

    @property
    def meaning(self) -> str:
        """What it means, in a sentence."""
        return _MEANINGS[self]


_MEANINGS = {
    Scope.USER: "--user: it runs as you while you are logged in, from your first login to the end of your last session",
    Scope.LINGER: "--linger: it runs as you from the machine's start to its end, whether you are logged in or not",
    Scope.SYSTEM: "--system: it runs for everybody from the machine's start to its end, as a user of its own without "
    "a home, never as root; root installs it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit before it is text.

    ``command`` starts the agent, ``environment`` is what it is given. Of a system unit ``user`` is as whom it runs, one
    that systemd makes up where there is none, and ``groups`` are the groups beside the first; ``under_wsl`` lets it
    reach Windows.
    """

    scope: Scope
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    groups: tuple[str, ...] = ()
    under_wsl: bool = False

    def text(self) -> str:
        """The file.

        Raises:
            Problem: a path or a variable has a sign that no unit can hold.
        """
        is_system = self.scope is Scope.SYSTEM
        option = f"--system --as {self.user}" if self.user is not None else f"--{self.scope}"
        sections = {
            "Unit": [
                "Description=NetMind agent: keeps the terms on which this machine works for others",
                *(["After=nvidia-persistenced.service"] if is_system else []),
                "StartLimitIntervalSec=300",
                "StartLimitBurst=5",
            ],
            "Service": [
                *self._process(),
                *_CONFINED,
                f"RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK{' AF_VSOCK' if self.under_wsl else ''}",
                *(self._apart() if is_system else []),
            ],
            "Install": [f"WantedBy={'multi-user.target' if is_system else 'default.target'}"],
        }
        parts = ["\n".join((f"[{name}]", *lines)) for name, lines in sections.items()]
        head = f"# Written by netmind agent install {option}; netmind agent uninstall takes it away."
        return "\n\n".join((head, *parts)) + "\n"

    def _process(self) -> list[str]:
        """How it starts, ends, and is watched."""
        environment = {**(_PLACES if self.scope is Scope.SYSTEM else {}), **self.environment}
        return [
            "Type=notify",
            f"ExecStart={_command(self.command)}",
            "ExecReload=/bin/kill -HUP $MAINPID",
            *(f"Environment={_word(f'{name}={value}')}" for name, value in environment.items()),
            f"WatchdogSec={_WATCHDOG_S}",
            "Restart=on-failure",
            "RestartSec=5",
            "# 2: its files are at fault. 3: another agent is there. Neither is better after a restart.",
            f"RestartPreventExitStatus={int(ExitCode.USAGE)} {int(ExitCode.UNMEASURED)}",
            f"SuccessExitStatus={int(ExitCode.INTERRUPTED)} {int(ExitCode.TERMINATED)}",
            "# It ends workloads, each within its grace; what is left of its children after that is killed.",
            "KillMode=mixed",
            f"TimeoutStopSec={_STOP_S}",
            "# Workloads are held within their limits, and killed with every child, in groups of their own below it.",
            "Delegate=yes",
            "# A measurement or a workload that takes too much memory ends, and not the agent with it.",
            "OOMPolicy=continue",
            "MemoryMax=80%",
            "TasksMax=4096",
            "LimitCORE=0",
            "UMask=0077",
        ]

    def _apart(self) -> list[str]:
        """As whom a system unit runs, where its files are, and what it sees of the machine."""
        who = [f"User={self.user}"] if self.user is not None else ["DynamicUser=yes"]
        return [
            *who,
            f"Group={GROUP}",
            *([f"SupplementaryGroups={' '.join(self.groups)}"] if self.groups else []),
            "StateDirectory=netmind",
            "StateDirectoryMode=0700",
            "CacheDirectory=netmind",
            "CacheDirectoryMode=0700",
            "ConfigurationDirectory=netmind",
            "RuntimeDirectory=netmind",
            "RuntimeDirectoryMode=0750",
            *_APART,
        ]


_PLACES = {
    "XDG_CONFIG_HOME": "/etc",
    "XDG_STATE_HOME": "/var/lib",
    "XDG_DATA_HOME": "/var/lib",
    "XDG_CACHE_HOME": "/var/cache",
    "NETMIND_POLICY": "/var/lib/netmind/policy.toml",
    "NETMIND_WORKLOADS": "/etc/netmind/workloads.toml",
    "NETMIND_RATES": "/etc/netmind/rates.toml",
    "NETMIND_PRICES": "/etc/netmind/prices.csv",
    "NETMIND_SOCKET": "/run/netmind/agent.sock",
    "NETMIND_LOCKS": "/run/netmind-locks",
}
_CONFINED = (
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallErrorNumber=EPERM",
)
_APART = (
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "# Devices are locked in /tmp for all users of the machine: it sees that folder there, and has a /tmp of its own.",
    "PrivateTmp=yes",
    "BindPaths=/tmp:/run/netmind-locks",
    "# The cards, and nothing else that is a device.",
    "DevicePolicy=closed",
    "DeviceAllow=char-nvidia* rw",
    "DeviceAllow=/dev/dxg rw",
    "KeyringMode=private",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "RemoveIPC=yes",
)


def _command(words: Sequence[str]) -> str:
    """A command line; ``$`` begins no variable there.

    Raises:
        Problem: the program has a name that systemd starts nothing by.
    """
    program, *rest = words
    if set(program) & set("\\\"'"):
        raise Problem(f"{program}: systemd starts no program with quotes or \\ in its path: move it", ExitCode.USAGE)
    return " ".join((_word(program), *(_word(each).replace("$", "$$") for each in rest)))


def _word(text: str) -> str:
    """One word as systemd reads it back.

    Raises:
        Problem: it cannot.
    """
    if _FORBIDDEN & set(text):
        raise Problem(f"{text[:80]!r}: a unit cannot name that: move it to another path", ExitCode.USAGE)
    written = text.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{written}"' if set(written) & set(" \t'\"\\;") or not written else written
