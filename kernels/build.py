"""Build the kernel graphs and print the digests that ``catalog.toml`` must hold.

Each graph is small: weights are declared as external data and given in memory when the session is
built, from a seed. Run ``python kernels/build.py`` after changing a graph; ``--golden`` also computes the exact
integer results for the default seed (a minute, most of it for the largest shape).
"""

import argparse
import hashlib
from pathlib import Path

from onnx import ModelProto, TensorProto, helper

OPSET = 21
IR_VERSION = 10
HERE = Path(__file__).parent


def _model(
    name: str,
    node: str,
    inputs: dict[str, tuple[int, list]],
    output: tuple[int, list],
    weight: TensorProto | None = None,
) -> bytes:
    values = [helper.make_tensor_value_info(key, kind, shape) for key, (kind, shape) in inputs.items()]
    names = [*inputs, *([weight.name] if weight is not None else [])]
    graph = helper.make_graph(
        [helper.make_node(node, names, ["C"], name=node)],
        name,
        values,
        [helper.make_tensor_value_info("C", *output)],
        [weight] if weight is not None else [],
    )
    model: ModelProto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="netmind"
    )
    return model.SerializeToString(deterministic=True)


def _weight(name: str, kind: int, shape: list[int], itemsize: int) -> TensorProto:
    """A weight that is only declared: its bytes are given in memory when the session is built."""
    tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
    size = itemsize
    for extent in shape:
        size *= extent
    for key, value in (("location", "seeded"), ("offset", "0"), ("length", str(size))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def gemm(name: str, kinds: tuple[int, int, int], n: int, k: int, itemsize: int) -> bytes:
    """C[m, n] = A[m, k] · B[k, n] with B constant; kinds are those of A, B and C."""
    a, b, c = kinds
    node = "MatMulInteger" if c == TensorProto.INT32 else "MatMul"
    return _model(name, node, {"A": (a, ["m", k])}, (c, ["m", n]), _weight("B", b, [k, n], itemsize))


def gemv(kind: int, n: int, k: int) -> bytes:
    """C[1, n] = A[1, k] · B[k, n] with B in blocks of 32 four-bit weights, each with a scale of its own.

    In fp32, the form of CPUs, activations may be quantised to 8 bits on the way; in fp16, that of GPUs, they are not.
    """
    block = 32
    single = kind == TensorProto.FLOAT
    node = helper.make_node(
        "MatMulNBits",
        ["A", "B", "S"],
        ["C"],
        name="MatMulNBits",
        domain="com.microsoft",
        K=k,
        N=n,
        bits=4,
        block_size=block,
        **({"accuracy_level": 4} if single else {}),
    )
    graph = helper.make_graph(
        [node],
        "gemv_int4",
        [helper.make_tensor_value_info("A", kind, [1, k])],
        [helper.make_tensor_value_info("C", kind, [1, n])],
        [
            _weight("B", TensorProto.UINT8, [n, k // block, block // 2], 1),
            _weight("S", kind, [n * k // block], 4 if single else 2),
        ],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="netmind")
    contents: bytes = model.SerializeToString(deterministic=True)
    return contents


def add(name: str, shape: list) -> bytes:
    """C = A + B, element by element, in fp32."""
    kind = TensorProto.FLOAT
    return _model(name, "Add", {"A": (kind, shape), "B": (kind, shape)}, (kind, shape))


_FP32 = (TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.FLOAT)
_FP16 = (TensorProto.FLOAT16, TensorProto.FLOAT16, TensorProto.FLOAT16)
_BF16 = (TensorProto.BFLOAT16, TensorProto.BFLOAT16, TensorProto.BFLOAT16)
_U8 = (TensorProto.UINT8, TensorProto.INT8, TensorProto.INT32)
_I8 = (TensorProto.INT8, TensorProto.INT8, TensorProto.INT32)


def networks() -> dict[str, bytes]:
    """File name to contents, for the graphs of whole networks and the manifests of their weights."""
    import network  # noqa: PLC0415 - beside this script, and found only where it is run as one

    files = {}
    for name, build in (("resnet50", network.resnet50), ("encoder_base", network.encoder)):
        files[f"{name}.onnx"], files[f"{name}.weights.json"] = build(TensorProto.FLOAT)
        files[f"{name}_fp16.onnx"], _ = build(TensorProto.FLOAT16)
    return files


def graphs() -> dict[str, bytes]:
    """File name to contents, for every graph of the catalogue and every manifest of weights."""
    import chain  # noqa: PLC0415 - beside this script, as above
    import decoder  # noqa: PLC0415

    return {
        **networks(),
        **decoder.files(),
        **chain.files(_weight),
        "gemm_fp32_2048_2080.onnx": gemm("gemm_fp32", _FP32, 2048, 2080, 4),
        "gemm_fp32_4096.onnx": gemm("gemm_fp32", _FP32, 4096, 4096, 4),
        "gemm_fp32_8192.onnx": gemm("gemm_fp32", _FP32, 8192, 8192, 4),
        "gemm_int8_u8_2048.onnx": gemm("gemm_int8", _U8, 2048, 2048, 1),
        "gemm_int8_i8_4096.onnx": gemm("gemm_int8", _I8, 4096, 4096, 1),
        "gemm_int8_i8_8192.onnx": gemm("gemm_int8", _I8, 8192, 8192, 1),
        "gemm_fp16_4096.onnx": gemm("gemm_fp16", _FP16, 4096, 4096, 2),
        "gemm_fp16_8192.onnx": gemm("gemm_fp16", _FP16, 8192, 8192, 2),
        "gemm_bf16_4096.onnx": gemm("gemm_bf16", _BF16, 4096, 4096, 2),
        "gemm_bf16_8192.onnx": gemm("gemm_bf16", _BF16, 8192, 8192, 2),
        "gemv_int4_16384_8192.onnx": gemv(TensorProto.FLOAT, 16384, 8192),
        "gemv_int4_fp16_16384_8192.onnx": gemv(TensorProto.FLOAT16, 16384, 8192),
        "gemv_int4_fp16_32768_16384.onnx": gemv(TensorProto.FLOAT16, 32768, 16384),
        "gemv_int4_fp16_65536_16384.onnx": gemv(TensorProto.FLOAT16, 65536, 16384),
        "stream_add.onnx": add("stream_add", ["n"]),
        "dispatch.onnx": add("dispatch", [1]),
    }


def golden(n: int) -> list[str]:
    """SHA-256 of the exact int32 product (little-endian) for each rotating A, at the catalogue's default seed."""
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - only this option needs the package
    from netmind_tui.bench.family.gemm import int8_operands  # noqa: PLC0415

    rotating, weight = int8_operands(m=n, n=n, k=n, seed=open_catalog().default_seed)
    exact = weight.astype("float64")  # |sum| <= 127 * 128 * n < 2^53: every partial sum is exact
    return [hashlib.sha256((a.astype("float64") @ exact).astype("<i4").tobytes()).hexdigest() for a in rotating]


def main() -> None:
    """Write every graph beside this script and print its digest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--golden", action="store_true", help="also print the exact digests of gemm.int8")
    arguments = parser.parse_args()
    for name, contents in graphs().items():
        (HERE / name).write_bytes(contents)
        print(f"{name:28} {len(contents):4} bytes  sha256 {hashlib.sha256(contents).hexdigest()}")
    if arguments.golden:
        for n in (2048, 4096, 8192):
            print(f"gemm.int8 n={n}", *golden(n), sep="\n  ")


if __name__ == "__main__":
    main()
