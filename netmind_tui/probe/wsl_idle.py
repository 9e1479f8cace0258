"""How long since the last input on the Windows machine around WSL: one long-lived program of Windows tells it.

It is started only if the owner allows it, asks Windows (``GetLastInputInfo``) once a second, and ends when nobody reads
it any more. Windows counts keyboard and mouse: neither gamepads nor a film that plays.
"""

import contextlib
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from netmind_tui.probe.unheard import Unheard, because

_SCRIPT = """
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition @'
using System; using System.Runtime.InteropServices;
public static class Last {
  [StructLayout(LayoutKind.Sequential)] struct Info { public uint size; public uint at; }
  [DllImport("user32.dll")] static extern bool GetLastInputInfo(ref Info info);
  public static uint Ms() {
    var info = new Info(); info.size = 8;
    if (!GetLastInputInfo(ref info)) throw new Exception("refused");
    return unchecked((uint)Environment.TickCount - info.at);
  }
}
'@
while ($true) { [Console]::Out.WriteLine([Last]::Ms()); [Console]::Out.Flush(); Start-Sleep -Seconds 1 }
"""
_STALE_S = 5.0
_START_S = 20.0
_RETRY_S = 60.0


class WslIdle:
    """Listens to that program, started at the first question and again a minute after it has ended.

    Args:
        command: the program; Windows PowerShell with a script of ours by default.
        clock: monotonic seconds.
    """

    def __init__(self, command: Sequence[str] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._command = command
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s: float | None = None
        self._heard: tuple[float, float] | None = None
        self._closed = False

    def idle_s(self) -> float:
        """Seconds since the last input; never waits.

        Raises:
            Unheard: the program cannot be started, has not spoken yet, or has fallen silent.
        """
        self._keep_alive()
        now, heard = self._clock(), self._heard
        if heard is not None and now - heard[0] < _STALE_S:
            return heard[1] + now - heard[0]
        if self._started_s is not None and now - self._started_s < _START_S and heard is None:
            raise Unheard("Windows has not told yet when there was input")
        raise Unheard("Windows does not tell any more when there was input")

    def close(self) -> None:
        """End the program."""
        self._closed = True
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)

    def _keep_alive(self) -> None:
        is_running = self._process is not None and self._process.poll() is None
        is_due = self._started_s is None or self._clock() - self._started_s >= _RETRY_S
        if is_running or self._closed or not is_due:
            return
        command = self._command or windows_command()
        if command is None:
            raise Unheard("Windows programs cannot be started from this WSL")
        self._started_s = self._clock()
        try:
            self._process = process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise Unheard(f"Windows programs cannot be started: {because(error)}") from error
        threading.Thread(target=self._listen, args=(process,), name="wsl-idle", daemon=True).start()

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError):
                    self._heard = (self._clock(), int(line) / 1000)


def windows_command() -> list[str] | None:
    """Windows PowerShell with our script, where it can be found."""
    program = shutil.which("powershell.exe")
    if program is None:
        program = shutil.which("/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe")
    return None if program is None else [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", _SCRIPT]
