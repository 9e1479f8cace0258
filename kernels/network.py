"""Build the graphs of whole networks, and the manifests of their weights.

A manifest lists each weight in the order in which it is used: its name, its shape, and the scale and shift that turn
uniform numbers in [-1, 1) into it; weights of four dimensions are filters, and their mean is taken away first. The
scales keep the activations near 1 from the first layer to the last, so that none leaves the range of half precision
and none is lost in its rounding. One manifest serves both precisions.
"""

import json
from math import prod, sqrt

from onnx import TensorProto, helper

OPSET = 21
IR_VERSION = 10

RESNET50 = ((3, 64), (4, 128), (6, 256), (3, 512))
"""Blocks and inner channels of each stage."""

CLASSES = 1000
LAYERS, HIDDEN, HEADS, INNER = 12, 768, 12, 3072


class Network:
    """Nodes and weights of one precision as they are added; each operation returns the name of its output."""

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self._nodes = []
        self._weights = []
        self._constants = []

    def weight(self, name: str, shape: tuple[int, ...], scale: float, shift: float = 0.0) -> str:
        """Declare a weight; six digits of its scale are kept, so that every platform writes the same manifest."""
        self._weights.append((name, shape, float(f"{scale:.6g}"), shift))
        return name

    def constant(self, name: str, kind: int, values: list) -> str:
        """A small constant whose values are in the graph; a list of one is a scalar."""
        shape = [len(values)] if len(values) > 1 else []
        self._constants.append(helper.make_tensor(name, kind, shape, values))
        return name

    def add(self, operator: str, inputs: list[str], output: str | None = None, **attributes: object) -> str:
        """Add a node."""
        name = f"{operator}_{len(self._nodes)}"
        output = output or f"{name}_out"
        self._nodes.append(helper.make_node(operator, inputs, [output], name=name, **attributes))
        return output

    def graph(self, name: str, inputs: list, outputs: list) -> bytes:
        """The model; its weights are only declared, and given in memory when the session is built."""
        kind, declared = self.kind, []
        size = 2 if kind == TensorProto.FLOAT16 else 4
        for weight, shape, _, _ in self._weights:
            tensor = TensorProto(name=weight, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
            for key, value in (("location", "seeded"), ("offset", "0"), ("length", str(size * prod(shape)))):
                tensor.external_data.add(key=key, value=value)
            declared.append(tensor)
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info("X", kind, inputs)],
            [helper.make_tensor_value_info("Y", kind, outputs)],
            [*self._constants, *declared],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="netmind")
        return model.SerializeToString(deterministic=True)

    def manifest(self) -> bytes:
        """The weights as JSON, one a line."""
        return ("[\n" + ",\n".join(json.dumps(weight) for weight in self._weights) + "\n]\n").encode()


def resnet50(kind: int) -> tuple[bytes, bytes]:
    """ResNet-50 v1.5 (the stride is in the 3 x 3 convolution), batch normalisation folded into weights and biases."""
    net = Network(kind)

    # Plain random filters pass on what all pixels, channels and images have in common, layer after layer, until little
    # else is left: a fifth of the channels is zero everywhere, and two images differ by 3 % of the output. Centred
    # ones, which sum to zero, keep all channels alive and images 20 % apart.
    def conv(x: str, name: str, shape: tuple[int, int, int], stride: int = 1, *, gain: float = 1.0) -> str:
        into, out, size = shape
        weight = net.weight(f"{name}.w", (out, into, size, size), gain * sqrt(6 / (into * size * size)))
        bias = net.weight(f"{name}.b", (out,), 0.05)
        window = {"kernel_shape": [size, size], "strides": [stride, stride], "pads": [size // 2] * 4}
        return net.add("Conv", [x, weight, bias], **window)

    def relu(x: str) -> str:
        return net.add("Relu", [x])

    x = relu(conv("X", "stem", (3, 64, 7), 2, gain=1.5))
    x = net.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, (blocks, inner) in enumerate(RESNET50):
        for block in range(blocks):
            name, outer = f"s{stage}b{block}", 4 * inner
            stride = 2 if block == 0 and stage > 0 else 1
            y = relu(conv(x, f"{name}.c1", (channels, inner, 1)))
            y = relu(conv(y, f"{name}.c2", (inner, inner, 3), stride))
            y = conv(y, f"{name}.c3", (inner, outer, 1), gain=0.7)
            skip = x if block else conv(x, f"{name}.p", (channels, outer, 1), stride)
            x = relu(net.add("Add", [y, skip]))
            channels = outer
    x = net.add("Flatten", [net.add("GlobalAveragePool", [x])], axis=1)
    weight = net.weight("fc.w", (channels, CLASSES), sqrt(3 / channels))
    net.add("Gemm", [x, weight, net.weight("fc.b", (CLASSES,), 0.05)], output="Y")
    return net.graph("resnet50", ["n", 3, "h", "w"], ["n", CLASSES]), net.manifest()


def encoder(kind: int) -> tuple[bytes, bytes]:
    """An encoder of the shape of BERT base: attention, then a network of two layers, each normalised afterwards."""
    net = Network(kind)
    split = net.constant("split", TensorProto.INT64, [0, 0, HEADS, HIDDEN // HEADS])
    merge = net.constant("merge", TensorProto.INT64, [0, 0, HIDDEN])
    scale = net.constant("scale", kind, [1 / sqrt(HIDDEN // HEADS)])

    def linear(x: str, name: str, into: int, out: int, gain: float = 1.0) -> str:
        y = net.add("MatMul", [x, net.weight(f"{name}.w", (into, out), gain * sqrt(3 / into))])
        return net.add("Add", [y, net.weight(f"{name}.b", (out,), 0.02)])

    def normalise(x: str, name: str, output: str | None = None) -> str:
        gain = net.weight(f"{name}.w", (HIDDEN,), 0.1, 1.0)
        bias = net.weight(f"{name}.b", (HIDDEN,), 0.02)
        return net.add("LayerNormalization", [x, gain, bias], output=output, axis=-1, epsilon=1e-5)

    def heads(x: str, name: str, order: list[int]) -> str:
        return net.add("Transpose", [net.add("Reshape", [linear(x, name, HIDDEN, HIDDEN), split])], perm=order)

    x = "X"
    for layer in range(LAYERS):
        name = f"l{layer}"
        query, key = heads(x, f"{name}.q", [0, 2, 1, 3]), heads(x, f"{name}.k", [0, 2, 3, 1])
        value = heads(x, f"{name}.v", [0, 2, 1, 3])
        weights = net.add("Softmax", [net.add("Mul", [net.add("MatMul", [query, key]), scale])], axis=-1)
        mixed = net.add("Transpose", [net.add("MatMul", [weights, value])], perm=[0, 2, 1, 3])
        # Branches are damped: undamped, twelve layers would make all tokens alike, and attention would not matter.
        attended = linear(net.add("Reshape", [mixed, merge]), f"{name}.o", HIDDEN, HIDDEN, gain=0.5)
        x = normalise(net.add("Add", [x, attended]), f"{name}.n1")
        inner = net.add("Gelu", [linear(x, f"{name}.f1", HIDDEN, INNER)])
        last = layer == LAYERS - 1
        summed = net.add("Add", [x, linear(inner, f"{name}.f2", INNER, HIDDEN, gain=0.5)])
        x = normalise(summed, f"{name}.n2", output="Y" if last else None)
    return net.graph("encoder", ["n", "s", HIDDEN], ["n", "s", HIDDEN]), net.manifest()
