"""bf16, for which NumPy has no type: outside ONNX Runtime its numbers are their bits, ``uint16``.

No kernel has 16-bit integers, so an array of them is always this. Such an output is not read by ONNX Runtime's own
means, which end in NumPy: a graph of one Identity copies it into memory of the host.
"""

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from netmind_tui.bench.family.base import Array

BFLOAT16 = 16
"""The type's number in ONNX's ``TensorProto.DataType``."""

BITS = np.dtype(np.uint16)
_IR_VERSION, _OPSET = 10, 21


def value_of(array: Array) -> ort.OrtValue:
    """An array as ONNX Runtime takes it, without a copy."""
    if array.dtype == BITS:
        return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(array, BFLOAT16)
    return ort.OrtValue.ortvalue_from_numpy(array)


class Reader:
    """Reads outputs of one provider. Opened only where there is such an output."""

    def __init__(self, provider: str | tuple[str, dict[str, str]]) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        if not isinstance(provider, str):
            options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        self._session = ort.InferenceSession(identity_graph(), options, providers=[provider], enable_fallback=0)

    def read(self, value: ort.OrtValue) -> NDArray[np.uint16]:
        """The bits of a value, on the host."""
        shape = value.shape()
        bits = np.empty(shape, BITS)
        io = self._session.io_binding()
        io.bind_ortvalue_input("X", value)
        io.bind_output("Y", "cpu", 0, BFLOAT16, shape, bits.ctypes.data)
        self._session.run_with_iobinding(io)
        return bits


def wrong_for(value: ort.OrtValue) -> NDArray[np.uint16]:
    """Bits that no product leaves, of the value's shape."""
    return np.full(value.shape(), 0x5555, BITS)


def identity_graph() -> bytes:
    """``Y = X`` for any matrix of bf16, in the encoding of ``onnx.proto``: written out, for want of a library here."""
    matrix = _field(1, b"") * 2  # two dimensions of any size
    tensor = _field(1, _number(1, BFLOAT16) + _field(2, matrix))
    node = _field(1, b"X") + _field(2, b"Y") + _field(4, b"Identity")
    values = [_field(1, name) + _field(2, tensor) for name in (b"X", b"Y")]
    graph = _field(1, node) + _field(2, b"read_bf16") + _field(11, values[0]) + _field(12, values[1])
    return _number(1, _IR_VERSION) + _field(7, graph) + _field(8, _number(2, _OPSET))


def _field(number: int, contents: bytes) -> bytes:
    """A field of bytes: everything here is shorter than 128."""
    return bytes([number << 3 | 2, len(contents)]) + contents


def _number(number: int, value: int) -> bytes:
    """A field that is a number below 128."""
    return bytes([number << 3, value])
