"""What is installed beside this program, read from the installer's records: nothing of it is imported."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_RUNTIMES = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "onnxruntime-training",
    "ort-nightly",
    "ort-nightly-gpu",
)
_MODULE = "onnxruntime/__init__.py"
_CUDA_PROVIDERS = ("libonnxruntime_providers_cuda.so", "onnxruntime_providers_cuda.dll")
_CUDA_13_SINCE = (1, 27)
_COMMAND, _OURS, _OUR_MODULE = "netmind", "netmind-tui", b"netmind_tui"
_MOST_SCRIPT_BYTES = 1 << 20
_LINKER_CACHE = Path("/etc/ld.so.cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A CUDA library that the runtime loads: its file, the wheel that brings it, and that wheel's first number."""

    file: str
    wheel: str
    major: int


# What the runtime wants of each CUDA before any of our kernels can run.
LIBRARIES = {
    13: (
        Library(file="libcublas.so.13", wheel="nvidia-cublas", major=13),
        Library(file="libcudart.so.13", wheel="nvidia-cuda-runtime", major=13),
        Library(file="libcurand.so.10", wheel="nvidia-curand", major=10),
    ),
    12: (
        Library(file="libcublas.so.12", wheel="nvidia-cublas-cu12", major=12),
        Library(file="libcudart.so.12", wheel="nvidia-cuda-runtime-cu12", major=12),
        Library(file="libcurand.so.10", wheel="nvidia-curand-cu12", major=10),
        Library(file="libcufft.so.11", wheel="nvidia-cufft-cu12", major=11),
        Library(file="libcudnn.so.9", wheel="nvidia-cudnn-cu12", major=9),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """One distribution that brings the module ``onnxruntime``."""

    distribution: str
    version: str

    @property
    def cuda_major(self) -> int:
        """The CUDA that a GPU build of this version is made for."""
        return 13 if version_of(self.version) >= _CUDA_13_SINCE else 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The runtimes, whether the module that is really there has a CUDA provider, and what libraries can be found.

    ``libraries`` are those of the CUDA that the runtime is made for which neither a wheel nor the system brings;
    ``strangers`` are other distributions with a command ``netmind``; ``shadow`` is the file that ``netmind`` means
    in a shell, where it is not this program.
    """

    runtimes: tuple[Runtime, ...]
    has_cuda_provider: bool
    missing_libraries: tuple[Library, ...]
    strangers: tuple[str, ...]
    shadow: Path | None

    @property
    def gpu_runtime(self) -> Runtime | None:
        """The runtime that can have a CUDA provider."""
        return next((each for each in self.runtimes if each.distribution.endswith("-gpu")), None)


def read_installation(
    path: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    linker_cache: Path = _LINKER_CACHE,
) -> Installation:
    """What is installed on ``path`` (this interpreter's own, unless given)."""
    places = list(sys.path if path is None else path)
    given = os.environ if environment is None else environment
    runtimes = tuple(runtime for name in _RUNTIMES if (runtime := _runtime(name, places)) is not None)
    gpu = next((each for each in runtimes if each.distribution.endswith("-gpu")), None)
    # Elsewhere the libraries have other names and places; whether they load, only trying tells.
    wanted = LIBRARIES[gpu.cuda_major] if gpu is not None and sys.platform == "linux" else ()
    cache = _bytes(linker_cache)
    folders = [Path(folder) for folder in given.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder]
    missing = tuple(each for each in wanted if not _is_found(each, places, folders, cache))
    return Installation(
        runtimes=runtimes,
        has_cuda_provider=any(
            Path(place, "onnxruntime/capi", name).exists() for place in places for name in _CUDA_PROVIDERS
        ),
        missing_libraries=missing,
        strangers=_strangers(places),
        shadow=_shadow(given),
    )


def version_of(text: str) -> tuple[int, ...]:
    """The leading numbers of a version: ``1.31.1rc1`` is (1, 31)."""
    numbers = []
    for part in text.split(".")[:2]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _runtime(name: str, places: list[str]) -> Runtime | None:
    for found in metadata.distributions(name=name, path=places):
        files = found.files
        if files is None or any(str(file).replace("\\", "/") == _MODULE for file in files):
            return Runtime(distribution=name, version=found.version)
    return None


def _is_found(library: Library, places: list[str], folders: list[Path], cache: bytes) -> bool:
    wheel = next(iter(metadata.distributions(name=library.wheel, path=places)), None)
    if wheel is not None and version_of(wheel.version)[:1] == (library.major,):
        return True
    return library.file.encode() + b"\0" in cache or any((folder / library.file).exists() for folder in folders)


def _strangers(places: list[str]) -> tuple[str, ...]:
    """Other distributions that put a command ``netmind`` where ours is: whichever came last has it."""
    found = {
        each.name
        for each in metadata.distributions(path=places)
        for entry in each.entry_points
        if entry.group == "console_scripts" and entry.name == _COMMAND
    }
    return tuple(sorted(name for name in found if name.lower().replace("_", "-") != _OURS))


def _shadow(environment: Mapping[str, str]) -> Path | None:
    """The file that a shell runs for ``netmind``, if it has nothing to do with this program."""
    found = shutil.which(_COMMAND, path=environment.get("PATH", os.defpath))
    if found is None:
        return None
    content = _bytes(Path(found))
    return None if not content or _OUR_MODULE in content else Path(found)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_SCRIPT_BYTES)
    except OSError:
        return b""
