"""What keeps an agent alive under Windows, which ends its Linux with the last terminal: said, and never done here."""

from collections.abc import Iterator

_TASK = "NetMind in WSL"


def advice(distribution: str | None) -> Iterator[str]:
    """What Windows does, and the two things that help, line by line; ``distribution`` is its name there."""
    name = distribution or "Ubuntu"
    yield "netmind: Windows ends this Linux, and the agent with it, soon after the last terminal is closed; what is"
    yield "  lost so is told at the next start as offline. Either of these keeps it; neither is done for you:"
    yield "  1. in %UserProfile%\\.wslconfig, then wsl --shutdown (older WSL knows the first alone, which may not do):"
    yield "       [wsl2]"
    yield "       vmIdleTimeout=-1"
    yield "       [general]"
    yield "       instanceIdleTimeout=-1"
    yield "  2. a task of Windows that holds it open from your login on, in PowerShell:"
    yield f"       $a = New-ScheduledTaskAction -Execute wsl.exe -Argument '-d {name} --exec sleep infinity'"
    yield "       $t = New-ScheduledTaskTrigger -AtLogOn -User $env:USERNAME"
    yield (
        "       $s = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero)"
        " -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries"
    )
    yield f"       Register-ScheduledTask -TaskName '{_TASK}' -Action $a -Trigger $t -Settings $s"
    yield "  systemd must be on in /etc/wsl.conf: [boot], then systemd=true, then wsl --shutdown."
