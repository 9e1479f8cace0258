"""The graphs of a proof's chain: the whole pool of matrices as layers of one session, each with what follows it.

All three give the same bytes where sums, scaling by a power of two, rounding half to even and clipping are exact.
"""

from collections.abc import Callable, Sequence

from onnx import ModelProto, NodeProto, TensorProto, helper

OPSET = 21
IR_VERSION = 10
Declare = Callable[[str, int, list[int], int], TensorProto]
_POOL = 8
_TEST_POOL = 4


def files(declare: Declare) -> dict[str, bytes]:
    """File name to contents, for every chain of the catalogue; ``declare`` makes a weight that is only declared."""
    built = {}
    for n in (256, 1024, 2048, 4096):
        pool = _TEST_POOL if n == 256 else _POOL  # noqa: PLR2004 - the size for tests
        built[f"chain_u8_{n}.onnx"] = unsigned(n, shift_of(n), pool, declare)
        built[f"chain_i8_{n}.onnx"] = signed(n, shift_of(n), pool, declare)
    built["chain_fp16_2048.onnx"] = half(2048, 8, _POOL, declare)
    return built


def shift_of(n: int) -> int:
    """By how many bits a round scales down: less and the chain clips to signs, more and it dies to zero."""
    return 5 + (n.bit_length() - 1) // 2


def unsigned(n: int, shift: int, pool: int, declare: Declare) -> bytes:
    """Bytes with zero point 128, the fast path of CPUs: one QLinearMatMul a round."""
    constants = [
        helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        helper.make_tensor("scale", TensorProto.FLOAT, [], [float(2**shift)]),
        helper.make_tensor("middle", TensorProto.UINT8, [], [128]),
        helper.make_tensor("zero", TensorProto.INT8, [], [0]),
    ]

    def layer(before: str, weight: str, after: str) -> list[NodeProto]:
        operands = [before, "one", "middle", weight, "one", "zero", "scale", "middle"]
        return [helper.make_node("QLinearMatMul", operands, [after], name=after)]

    weights = [declare(f"W{index}", TensorProto.INT8, [n, n], 1) for index in range(pool)]
    return _model("chain_u8", TensorProto.UINT8, n, [*constants, *weights], layer)


def signed(n: int, shift: int, pool: int, declare: Declare) -> bytes:
    """Signed bytes, the form of the CUDA provider: sums in 32 bits, then scaled, rounded and clipped at once."""
    constants = [
        helper.make_tensor("scale", TensorProto.FLOAT, [], [float(2**shift)]),
        helper.make_tensor("zero", TensorProto.INT8, [], [0]),
    ]

    def layer(before: str, weight: str, after: str) -> list[NodeProto]:
        sums, wide = f"{after}.sums", f"{after}.wide"
        return [
            helper.make_node("MatMulInteger", [before, weight], [sums], name=sums),
            helper.make_node("Cast", [sums], [wide], name=wide, to=TensorProto.FLOAT),
            helper.make_node("QuantizeLinear", [wide, "scale", "zero"], [after], name=after),
        ]

    weights = [declare(f"W{index}", TensorProto.INT8, [n, n], 1) for index in range(pool)]
    return _model("chain_i8", TensorProto.INT8, n, [*constants, *weights], layer)


def half(n: int, shift: int, pool: int, declare: Declare) -> bytes:
    """Integers held in half precision: the sum is rounded to it, and what has none is clipped."""
    constants = [
        helper.make_tensor("gain", TensorProto.FLOAT16, [], [2.0**-shift]),
        helper.make_tensor("low", TensorProto.FLOAT16, [], [-128.0]),
        helper.make_tensor("high", TensorProto.FLOAT16, [], [127.0]),
    ]

    def layer(before: str, weight: str, after: str) -> list[NodeProto]:
        sums, scaled, whole = f"{after}.sums", f"{after}.scaled", f"{after}.whole"
        return [
            helper.make_node("MatMul", [before, weight], [sums], name=sums),
            helper.make_node("Mul", [sums, "gain"], [scaled], name=scaled),
            helper.make_node("Round", [scaled], [whole], name=whole),
            helper.make_node("Clip", [whole, "low", "high"], [after], name=after),
        ]

    weights = [declare(f"W{index}", TensorProto.FLOAT16, [n, n], 2) for index in range(pool)]
    return _model("chain_fp16", TensorProto.FLOAT16, n, [*constants, *weights], layer)


def _model(
    name: str,
    kind: int,
    n: int,
    constants: Sequence[TensorProto],
    layer: Callable[[str, str, str], list[NodeProto]],
) -> bytes:
    pool = [constant.name for constant in constants if constant.name.startswith("W")]
    steps = ["X", *(f"layer{index}" for index in range(1, len(pool))), "Y"]
    nodes = [node for index, weight in enumerate(pool) for node in layer(steps[index], weight, steps[index + 1])]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("X", kind, ["m", n])],
        [helper.make_tensor_value_info("Y", kind, ["m", n])],
        list(constants),
    )
    model: ModelProto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="netmind"
    )
    contents: bytes = model.SerializeToString(deterministic=True)
    return contents
