"""Build one transformer block of the shape of Llama 3 8B with its cache, and the manifest of its weights.

A. Grattafiori et al., "The Llama 3 Herd of Models", 2024, table 3. One graph serves a prompt and the single tokens
after it: the cache is an input and an output, which are the same memory, and has a fixed size.

Every intermediate value is an output too. Runs that are timed do not ask for them; a check does, and so holds each
operator against what the one before it really gave.
"""

import json
from dataclasses import dataclass
from math import prod, sqrt

from onnx import TensorProto, helper

OPSET = 21
IR_VERSION = 10
_BLOCK = 32
_EPSILON = 1e-5
_BYTES = {TensorProto.FLOAT: 4, TensorProto.FLOAT16: 2, TensorProto.UINT8: 1}


@dataclass(frozen=True, slots=True)
class Size:
    """The extents of a block: of its hidden state, heads, inner network, and tokens that its cache holds."""

    hidden: int = 4096
    heads: int = 32
    kv_heads: int = 8
    head: int = 128
    inner: int = 14336
    capacity: int = 1024

    def products(self) -> dict[str, tuple[int, int]]:
        """Name to shape of each matrix that is multiplied with."""
        hidden, attended, kept = self.hidden, self.heads * self.head, self.kv_heads * self.head
        return {
            "q": (hidden, attended),
            "k": (hidden, kept),
            "v": (hidden, kept),
            "o": (attended, hidden),
            "g": (hidden, self.inner),
            "u": (hidden, self.inner),
            "d": (self.inner, hidden),
        }


def manifest(size: Size = Size()) -> bytes:
    """The weights as JSON, one a line; scales keep every stage near 1, so that half precision holds them all."""
    weights = [["n1", [size.hidden], 0.25, 1.0], ["n2", [size.hidden], 0.25, 1.0]]
    for name, (k, n) in size.products().items():
        # Queries are twice as long: else every token would attend to all others nearly alike, as none does in a model.
        weights.append([name, [k, n], float(f"{(2 if name == 'q' else 1) * sqrt(3 / k):.6g}"), 0.0])
    return ("[\n" + ",\n".join(map(json.dumps, weights)) + "\n]\n").encode()


def block(*, bits: int, half: bool, size: Size = Size()) -> bytes:
    """The graph: weights of ``bits`` (4, or those of the activations), activations in half precision or single."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    nodes, weights, stages = [], [], []

    def weight(name: str, kind: int, shape: list[int]) -> str:
        tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", "seeded"), ("offset", "0"), ("length", str(_BYTES[kind] * prod(shape)))):
            tensor.external_data.add(key=key, value=value)
        weights.append(tensor)
        return name

    def value(name: str, kind: int, shape: list) -> object:
        return helper.make_tensor_value_info(name, kind, shape)

    def add(operator: str, inputs: list[str], outputs: list[str], **attributes: object) -> None:
        own = "" if operator in {"MatMul", "Sigmoid", "Mul", "Add", "SimplifiedLayerNormalization"} else "com.microsoft"
        name = f"{operator}_{len(nodes)}"
        nodes.append(helper.make_node(operator, inputs, outputs, name=name, domain=own, **attributes))

    def stage(name: str, width: int) -> str:
        stages.append(value(name, kind, [1, "s", width]))
        return name

    def linear(x: str, name: str, output: str) -> str:
        k, n = size.products()[name]
        output = stage(output, n)
        if bits != 4:  # noqa: PLR2004 - the one width that is packed
            add("MatMul", [x, weight(name, kind, [k, n])], [output])
            return output
        packed = weight(name, TensorProto.UINT8, [n, k // _BLOCK, _BLOCK // 2])
        inputs = [x, packed, weight(f"{name}.scale", kind, [n * k // _BLOCK])]
        # Level 4 lets CPUs multiply in 8 bits: what language models with 4-bit weights are shipped with.
        add("MatMulNBits", inputs, [output], K=k, N=n, bits=bits, block_size=_BLOCK, accuracy_level=4)
        return output

    hidden = size.hidden
    gain = weight("n1", kind, [hidden])
    normal = stage("normal1", hidden)
    add("SimplifiedLayerNormalization", ["X", gain], [normal], axis=-1, epsilon=_EPSILON, stash_type=1)
    heads = [linear(normal, name, output) for name, output in (("q", "query"), ("k", "key"), ("v", "value"))]
    angles = [weight(name, kind, [size.capacity, size.head // 2]) for name in ("cos", "sin")]
    mixed = stage("mixed", size.heads * size.head)
    add(
        "GroupQueryAttention",
        [*heads, "past_key", "past_value", "last", "context", *angles],
        [mixed, "present_key", "present_value"],
        num_heads=size.heads,
        kv_num_heads=size.kv_heads,
        do_rotary=1,
        rotary_interleaved=0,
    )
    attended = linear(mixed, "o", "attended")
    gain = weight("n2", kind, [hidden])
    normal, summed = stage("normal2", hidden), stage("sum", hidden)
    add("SkipSimplifiedLayerNormalization", [attended, "X", gain], [normal, "", "", summed], epsilon=_EPSILON)
    gate, up = linear(normal, "g", "gate"), linear(normal, "u", "up")
    add("Sigmoid", [gate], ["opened"])
    add("Mul", [gate, "opened"], ["gated"])
    add("Mul", ["gated", up], [stage("inner", size.inner)])
    add("Add", [summed, linear("inner", "d", "down")], ["Y"])

    cache = [1, size.kv_heads, size.capacity, size.head]
    inputs = [value("X", kind, [1, "s", hidden]), *(value(name, kind, cache) for name in ("past_key", "past_value"))]
    inputs += [value(name, TensorProto.INT32, [1]) for name in ("last", "context")]
    outputs = [value("Y", kind, [1, "s", hidden])]
    outputs += [value(name, kind, cache) for name in ("present_key", "present_value")]
    graph = helper.make_graph(nodes, "decoder", inputs, [*outputs, *stages], weights)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="netmind")
    contents: bytes = model.SerializeToString(deterministic=True)
    return contents


def files() -> dict[str, bytes]:
    """File name to contents: the four graphs, and the one manifest."""
    return {
        "decoder_int4.onnx": block(bits=4, half=False),
        "decoder_int4_fp16.onnx": block(bits=4, half=True),
        "decoder_fp32.onnx": block(bits=32, half=False),
        "decoder_fp16.onnx": block(bits=16, half=True),
        "decoder.weights.json": manifest(),
    }
