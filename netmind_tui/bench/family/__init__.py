"""Families of kernels: each prepares its operands, binds them and knows when its result is right.

A family never sees ONNX Runtime: the worker hands it a way to open sessions.
"""

from netmind_tui.bench.family import decoder, disk, dispatch, gemm, gemv, memory, network, stream, transfer
from netmind_tui.bench.family.base import Prepare

FAMILIES: dict[str, Prepare] = {
    "gemm": gemm.prepare,
    "gemv": gemv.prepare,
    "stream": stream.prepare,
    "dispatch": dispatch.prepare,
    "network": network.prepare,
    "decoder": decoder.prepare,
    "transfer": transfer.prepare,
    "memory": memory.prepare,
    "disk": disk.prepare,
}
