"""One command that is run for its answer: of docker, podman, systemctl, or of the owner."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netmind_tui.node.work.surroundings import MARK

_ENDS_S = 1.0
_MOST = 1 << 16
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """How it ended, and what it said."""

    code: int
    output: str
    errors: str

    @property
    def complaint(self) -> str:
        """The last line of what it complained of, as a clause."""
        lines = [line.strip() for line in (self.errors or self.output).splitlines() if line.strip()]
        words = lines[-1] if lines else f"it ended with {self.code}"
        for prefix in ("Error: ", "Error response from daemon: ", "docker: "):
            words = words.removeprefix(prefix)
        return "".join(sign for sign in words if sign.isprintable())[:_LONGEST].rstrip(".")


async def call(
    words: Sequence[str],
    within_s: float,
    *,
    environment: Mapping[str, str] | None = None,
    folder: str | None = None,
    is_heard: bool = True,
) -> Called:
    """Run it and wait; of what it says the end is kept, or nothing unless it ``is_heard``.

    Raises:
        OSError: it cannot be run, or does not end in time; with a clause.
    """
    around = os.environ if environment is None else environment
    says = asyncio.subprocess.PIPE if is_heard else asyncio.subprocess.DEVNULL
    try:
        child = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=says,
            stderr=says,
            # It is a helper of the agent's, and none of the work.
            env={name: value for name, value in around.items() if name != MARK} | {"LC_ALL": "C"},
            cwd=folder,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise OSError(f"{words[0]} is not installed here") from None
    except (OSError, ValueError, RuntimeError) as error:  # the last where the system has no room for a thread
        cause = (getattr(error, "strerror", None) or str(error)).lower()
        raise OSError(f"{words[0]} cannot be run: {cause}") from None
    try:
        async with asyncio.timeout(within_s):
            output, errors, _ = await asyncio.gather(_end_of(child.stdout), _end_of(child.stderr), child.wait())
    except TimeoutError:
        raise OSError(f"{' '.join(words[:2])} did not end within {within_s:g} s") from None
    finally:
        await _end(child)
    return Called(code=child.returncode or 0, output=_text(output), errors=_text(errors))


async def _end_of(stream: asyncio.StreamReader | None) -> bytes:
    """The last of what it says, however much that is."""
    kept = b""
    while stream is not None and (data := await stream.read(_MOST)):
        kept = (kept + data)[-_MOST:]
    return kept


async def _end(child: asyncio.subprocess.Process) -> None:
    """End what is left of it and of what it started."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _ENDS_S)
    # What it started may have kept its pipes: they are not to be kept here as well.
    child._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - asyncio has no other word for that


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
