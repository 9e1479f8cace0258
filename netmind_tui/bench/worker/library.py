"""Loads what the CUDA provider needs, so that a missing library has a name."""

import ctypes
import re
import sys
from pathlib import Path

import onnxruntime as ort

from netmind_tui.model.kernel import Provider

EP_NAMES = {Provider.CPU: "CPUExecutionProvider", Provider.CUDA: "CUDAExecutionProvider"}
_CUDA_13 = 13
_MISSING_LIBRARY = re.compile(r"(lib\S+): cannot open shared object file")


class ProviderError(Exception):
    """The execution provider cannot be loaded here; the message says what is missing."""


class LibraryAbsentError(Exception):
    """The provider works, but not for this kernel: a library that only some kernels need is not there."""


def _runs_without_cudnn() -> bool:
    """From CUDA 13 on the provider loads cuDNN when it is needed; earlier builds are linked against it."""
    major = str(getattr(ort, "cuda_version", "")).partition(".")[0]
    return major.isdigit() and int(major) >= _CUDA_13


def load_cuda() -> None:
    """Load what the CUDA provider needs, so that a missing library has a name.

    Raises:
        ProviderError: this build has no CUDA provider, or a library that it needs is missing.
    """
    if EP_NAMES[Provider.CUDA] not in ort.get_available_providers():
        raise ProviderError("this build of onnxruntime has no CUDA provider")
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        preload(cudnn=not _runs_without_cudnn())
    if sys.platform != "linux":
        return
    capi = Path(ort.__file__).parent / "capi"
    try:
        ctypes.CDLL(str(capi / "libonnxruntime_providers_shared.so"), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(capi / "libonnxruntime_providers_cuda.so"))
    except OSError as error:
        missing = _MISSING_LIBRARY.match(str(error))
        detail = f"the CUDA library {missing[1]} is not installed" if missing else str(error)
        raise ProviderError(detail) from error


def load_cudnn() -> None:
    """Load cuDNN, which only convolutions need.

    Raises:
        LibraryAbsentError: it is not installed, or not where it is looked for.
    """
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        preload(cuda=False, cudnn=True)
    name = "cudnn64_9.dll" if sys.platform == "win32" else "libcudnn.so.9"
    try:
        ctypes.CDLL(name)
    except OSError as error:
        raise LibraryAbsentError(f"cuDNN absent: {name} cannot be loaded; the extra cuda-full has it") from error
