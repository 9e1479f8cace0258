"""The child that reads NVML, opened when first needed, watched, and replaced when it hangs or dies."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from netmind_tui.model.device import Driver, Trouble
from netmind_tui.probe import pci
from netmind_tui.probe import trouble as troubles
from netmind_tui.probe.child import Child, Ended, Silent

_LIBRARY = "libnvidia-ml.so.1"
_WSL_FOLDER = Path("/usr/lib/wsl/lib")
_CHANCES = 2


class Unanswered(Exception):  # noqa: N818 - an outcome, and told to the user as one
    """Nothing could be learnt: ``trouble`` in one word, ``sentence`` in a clause whose subject is the device."""

    def __init__(self, trouble: Trouble, sentence: str) -> None:
        super().__init__(sentence)
        self.trouble = trouble
        self.sentence = sentence


class NvmlService:
    """Answers requests about devices while there is a driver to ask; ``generation`` counts its children.

    ``driver`` and ``count`` (of devices) are what the newest child reported. A driver that cannot be opened is
    left alone for ``retry_s``.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        start_timeout_s: float,
        retry_s: float,
        sysfs: Path,
        under_wsl: bool,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.driver = Driver()
        self.count = 0
        self.generation = 0
        self._timeout_s = timeout_s
        self._start_timeout_s = start_timeout_s
        self._retry_s = retry_s
        self._sysfs = sysfs
        self._under_wsl = under_wsl
        self._environment = environment
        self._clock = clock
        self._library: bool | None = None
        self._child: Child | None = None
        self._retry_at = 0.0
        self._closed = False

    def is_open(self) -> bool:
        """Open the driver if it is not open; a child that dies doing so gets one more chance."""
        return self._opened() is not None

    def ask(self, request: dict[str, Any], generation: int) -> dict[str, Any]:
        """Ask about one device; ``generation`` is the child that answered about it before, which it must do faster.

        Raises:
            Unanswered: the device does not answer, or its answer is that it is lost, or the driver cannot be used.
        """
        for _ in range(_CHANCES):
            child = self._opened()
            if child is None:
                raise Unanswered(self.driver.trouble or Trouble.FAILED, self.driver.problem or "there is no driver")
            timeout_s = self._timeout_s if generation == self.generation else self._start_timeout_s
            try:
                answer = child.ask(request, timeout_s)
            except Silent:
                self._child = None
                raise Unanswered(Trouble.NO_ANSWER, f"did not answer within {timeout_s:g} s") from None
            except Ended:
                self._child = None
                continue
            code = answer.get("error") or answer.get("lost")
            if code is not None:
                raise Unanswered(*troubles.of_a_device(code))
            return answer
        raise Unanswered(Trouble.CRASHED, "ended the process that read it, twice")

    def renew(self) -> None:
        """Let the next question be asked by a new child: NVML forgets a loss only when it is opened anew."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def close(self) -> None:
        """End the child and start no other; returns at once, also while another thread waits for an answer."""
        self._closed = True
        if (child := self._child) is not None:
            child.kill()

    def _opened(self) -> Child | None:
        if self._library is None:
            self._library = library_found(self._environment)
        if self._closed or not self._library:
            return None
        if self._child is None and (self.driver.problem is None or self._clock() >= self._retry_at):
            self._open()
        return self._child

    def _open(self) -> None:
        for _ in range(_CHANCES):
            try:
                self._child = child = Child(self._command(), self._child_environment())
                if self._closed:
                    child.kill()
                answer = child.ask({"op": "open"}, self._start_timeout_s)
            except Silent:
                limit = f"{self._start_timeout_s:g} s"
                self._blame(Trouble.NO_ANSWER, f"the NVIDIA driver did not answer within {limit}")
                return
            except Ended:
                continue
            if "error" in answer:
                child.kill()
                self._blame(*troubles.of_the_driver(answer["error"], pci.loaded_driver_version(self._sysfs)))
                return
            self.driver, self.count = Driver(**answer["driver"]), answer["count"]
            self.generation += 1
            return
        self._blame(Trouble.CRASHED, "the process that reads the NVIDIA driver ended by itself, twice")

    def _blame(self, trouble: Trouble, sentence: str) -> None:
        self._child = None
        self.driver = Driver(problem=sentence, trouble=trouble)
        self._retry_at = self._clock() + self._retry_s

    def _command(self) -> list[str]:
        # -P: a file named json.py in the folder where somebody stands must not become part of this.
        return [sys.executable, "-P", "-m", "netmind_tui.probe.nvml", *(["--wsl"] if self._under_wsl else [])]

    def _child_environment(self) -> dict[str, str]:
        folders = [folder for folder in (self._environment.get("LD_LIBRARY_PATH"), str(_WSL_FOLDER)) if folder]
        return {**self._environment, **({"LD_LIBRARY_PATH": os.pathsep.join(folders)} if self._under_wsl else {})}


def library_found(environment: Mapping[str, str]) -> bool:
    """Whether a child with this environment could load NVIDIA's management library."""
    if sys.platform == "win32":
        system = Path(environment.get("WINDIR", "C:/Windows"), "System32/nvml.dll")
        programs = Path(environment.get("ProgramFiles", "C:/Program Files"), "NVIDIA Corporation/NVSMI/nvml.dll")
        return system.exists() or programs.exists()
    if sys.platform == "darwin":
        return False
    folders = [Path(folder) for folder in environment.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder]
    if any((folder / _LIBRARY).exists() for folder in (*folders, _WSL_FOLDER)):
        return True
    # Imported here: ctypes costs milliseconds, and the library itself is loaded to find it.
    import ctypes  # noqa: PLC0415

    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return False
    return True


def is_wsl() -> bool:
    """Whether this kernel is the one of the Windows Subsystem for Linux."""
    return hasattr(os, "uname") and "microsoft" in os.uname().release.lower()
