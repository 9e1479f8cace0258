"""The one door to the CUDA runtime: memory on the card, page-locked memory on the host, copies between them.

Names, arguments and results are those of NVIDIA, "CUDA Runtime API", for CUDA 12 and 13 alike.
"""

import ctypes
import sys
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.worker.library import ProviderError, load_cuda
from netmind_tui.model.quantity import gibibytes

_TO_DEVICE, _TO_HOST = 1, 2  # cudaMemcpyKind
_OUT_OF_MEMORY = 2  # cudaErrorMemoryAllocation
_PORTABLE = 1  # cudaHostAllocPortable
_MAJORS = (13, 12)
_POINTER, _SIZE, _INT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int

_FUNCTIONS = {
    "cudaMalloc": (ctypes.POINTER(_POINTER), _SIZE),
    "cudaFree": (_POINTER,),
    "cudaHostAlloc": (ctypes.POINTER(_POINTER), _SIZE, ctypes.c_uint),
    "cudaFreeHost": (_POINTER,),
    "cudaMemcpyAsync": (_POINTER, _POINTER, _SIZE, _INT, _POINTER),
    "cudaMemset": (_POINTER, _INT, _SIZE),
    "cudaMemGetInfo": (ctypes.POINTER(_SIZE), ctypes.POINTER(_SIZE)),
    "cudaDeviceSynchronize": (),
}


class CudaError(RuntimeError):
    """The runtime refused an order; the message holds the function and what it said."""


class CudaCard:
    """The one card that is visible to this process. What was taken from it goes back when ``stack`` closes.

    Raises:
        ProviderError: the runtime's library cannot be loaded.
    """

    def __init__(self, stack: ExitStack) -> None:
        load_cuda()
        self._runtime = _load()
        self._stack = stack

    def allocate(self, size: int) -> int:
        """So many bytes of the card's memory: their address there.

        Raises:
            MemoryError: the card has not so much.
        """
        pointer = _POINTER()
        self._call("cudaMalloc", ctypes.byref(pointer), size, asked=size)
        self._stack.callback(partial(self._quietly, "cudaFree", pointer))
        return pointer.value or 0

    def pinned(self, size: int) -> NDArray[np.uint8]:
        """So many bytes of page-locked host memory, from and to which copies run at the link's full rate.

        Raises:
            MemoryError: the host does not lock so much.
        """
        pointer = _POINTER()
        self._call("cudaHostAlloc", ctypes.byref(pointer), size, _PORTABLE, asked=size)
        self._stack.callback(partial(self._quietly, "cudaFreeHost", pointer))
        address = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_uint8))
        return np.ctypeslib.as_array(address, shape=(size,))

    def write(self, to: int, source: NDArray[np.uint8]) -> None:
        """Begin a copy from page-locked memory to the card."""
        self._call("cudaMemcpyAsync", to, source.ctypes.data, source.size, _TO_DEVICE, None)

    def read(self, to: NDArray[np.uint8], source: int) -> None:
        """Begin a copy from the card to page-locked memory."""
        self._call("cudaMemcpyAsync", to.ctypes.data, source, to.size, _TO_HOST, None)

    def fill(self, at: int, value: int, size: int) -> None:
        """Set bytes of the card."""
        self._call("cudaMemset", at, value, size)

    def synchronise(self) -> None:
        """Wait until everything that was begun has finished."""
        self._call("cudaDeviceSynchronize")

    def free_bytes(self) -> int:
        """What the card has left."""
        free, total = _SIZE(), _SIZE()
        self._call("cudaMemGetInfo", ctypes.byref(free), ctypes.byref(total))
        return free.value

    def _call(self, name: str, *arguments: Any, asked: int | None = None) -> None:  # noqa: ANN401 - C values
        code = getattr(self._runtime, name)(*arguments)
        if code == 0:
            return
        said = f"{name}: {self._runtime.cudaGetErrorString(code).decode(errors='replace')} (error {code})"
        if code == _OUT_OF_MEMORY and asked is not None:
            raise MemoryError(f"{said}, when asked for {gibibytes(asked)}")
        raise CudaError(said)

    def _quietly(self, name: str, pointer: ctypes.c_void_p) -> None:
        """Give back; after an error the card refuses that too, and the process that ends gives back everything."""
        getattr(self._runtime, name)(pointer)


def _load() -> Any:  # noqa: ANN401 - a library
    for major in _MAJORS:
        name = f"cudart64_{major}.dll" if sys.platform == "win32" else f"libcudart.so.{major}"
        try:
            runtime = ctypes.CDLL(name)
        except OSError:
            continue
        for function, arguments in _FUNCTIONS.items():
            found = getattr(runtime, function)
            found.argtypes, found.restype = list(arguments), _INT
        runtime.cudaGetErrorString.argtypes, runtime.cudaGetErrorString.restype = [_INT], ctypes.c_char_p
        return runtime
    raise ProviderError("the CUDA library libcudart is not installed")
