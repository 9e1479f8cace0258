"""Whole networks on the real ONNX Runtime, at a size that takes milliseconds: right ones pass, wrong ones do not."""

import io
from dataclasses import replace

import numpy as np
import pytest

from netmind_tui.bench.catalog import DigestMismatchError, read_weights
from netmind_tui.bench.catalog_rule import faults
from netmind_tui.bench.family.base import Task
from netmind_tui.bench.family.network import NETWORKS, Operands, is_varied, name_of, relative_error
from netmind_tui.bench.judge import Witness, judge, refused
from netmind_tui.bench.protocol import Cause, Refusal, Request
from netmind_tui.bench.reference import rounding
from netmind_tui.bench.worker import library, measure
from netmind_tui.bench.worker.measure import Worker
from netmind_tui.bench.worker.session import OrtBinding, OrtSession
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Reason

RESNET, ENCODER = "conv.resnet50", "encoder.base"
RESNET_16, ENCODER_16 = f"{RESNET}.fp16", f"{ENCODER}.fp16"
SEED = 7


@pytest.fixture(scope="module", autouse=True)
def _made_once():
    """A network's weights and its reference cost more than all else here: those of one seed are worked out once."""
    genuine, kept, known = Operands.weights, {}, {}

    def weights(self):
        task = self._task
        if task.seed != SEED:
            return genuine(self)
        place = (name_of(task.kernel), self.kind, task.seed, task.variant.weights_sha256)
        if place not in kept:
            kept[place] = genuine(self)
            for each in kept[place].values():
                each.flags.writeable = False
        return kept[place]

    def once(reference):
        def referred(twin, weights, *rounded):
            place = (id(weights), twin.tobytes())
            if rounded or not any(weights is each for each in kept.values()):
                return reference(twin, weights, *rounded)
            if place not in known:
                known[place] = reference(twin, weights)
            return known[place]

        return referred

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Operands, "weights", weights)
        for name, network in NETWORKS.items():
            patch.setitem(NETWORKS, name, replace(network, reference=once(network.reference)))
        yield


@pytest.fixture
def ask(make_step, host, catalog):
    """Have a network measured at the size of its twin, in this process, and judged.

    Those in half precision have a form for GPUs alone; the CPU takes the graph too, and computes in single precision.
    """

    def ask(kernel_id, *, seed=SEED, threads=1, provider=Provider.CPU, **changes):
        step = make_step(kernel_id)
        of_it = [each for each in step.kernel.variants if each.provider is provider]
        variant = (of_it or step.kernel.variants)[0]
        changes = {"needs_cudnn": variant.needs_cudnn and provider is Provider.CUDA, **changes}
        variant = replace(variant, shape={**variant.shape, **NETWORKS[name_of(step.kernel)].twin}, **changes)
        request = Request(
            kernel=step.kernel,
            variant=variant,
            provider=provider,
            seed=seed,
            default_seed=catalog.default_seed,
            rules=step.rules,
            threads=threads,
            memory_limit_bytes=2**30,
        )
        answer = Worker(provider, io.BytesIO()).answer(request)
        if isinstance(answer, Refusal):
            return answer, refused(step, answer, started_at="now")
        return answer, judge(step, answer, Witness(started_at="now"), host)

    return ask


def assert_wrong(measurement):
    assert measurement.status is Status.FAIL
    assert measurement.reasons[0].id is Reason.WRONG_RESULT
    assert measurement.value is None or measurement.verified.before


@pytest.mark.parametrize(
    ("kernel_id", "seed"), [(RESNET, 7), (RESNET, 8), (ENCODER, 7), (RESNET_16, 7), (RESNET_16, 8), (ENCODER_16, 7)]
)
def test_a_network_agrees_with_its_reference(ask, kernel_id, seed):
    outcome, measurement = ask(kernel_id, seed=seed, threads=2)
    assert measurement.status is Status.PASS
    assert measurement.value > 0
    assert (measurement.verified.before, measurement.verified.after) == (True, True)
    assert 0 < measurement.verified.error < measurement.verified.tolerance / 2
    assert outcome.placed_nodes > 50
    assert measurement.peak is None


@pytest.mark.parametrize(
    ("kernel_id", "name"),
    [
        (RESNET, "stem.w"),
        (RESNET, "s0b0.c3.w"),
        (RESNET, "s1b1.c2.w"),
        (RESNET, "s2b3.c2.w"),
        (RESNET, "s3b2.c3.w"),
        (RESNET, "fc.w"),
        (ENCODER, "l0.q.w"),
        (ENCODER, "l5.f1.w"),
        (ENCODER, "l11.v.w"),
        (RESNET_16, "stem.w"),
        (RESNET_16, "s0b0.c3.w"),
        (ENCODER_16, "l5.n1.w"),
    ],
)
def test_the_sign_of_one_weight_is_seen(ask, monkeypatch, kernel_id, name):
    genuine = OrtSession.__init__

    def opened(self, graph, weights, request):
        changed = weights[name].copy()
        changed.flat[changed.size // 2] *= -1
        genuine(self, graph, {**weights, name: changed}, request)

    monkeypatch.setattr(OrtSession, "__init__", opened)
    assert_wrong(ask(kernel_id)[1])


@pytest.mark.parametrize(
    ("kernel_id", "name"),
    [
        (RESNET_16, "s1b1.c2.w"),
        (RESNET_16, "s2b3.c2.w"),
        (RESNET_16, "fc.w"),
        (ENCODER_16, "l5.f1.w"),
        (ENCODER_16, "l11.v.w"),
    ],
)
def test_in_half_precision_the_sign_of_one_filter_or_column_is_seen(ask, monkeypatch, kernel_id, name):
    """One weight's is not, this deep: what it changes is less than rounding does."""
    genuine = OrtSession.__init__

    def opened(self, graph, weights, request):
        changed = weights[name].copy()
        wrong = changed[len(changed) // 2] if changed.ndim == 4 else changed[:, changed.shape[1] // 2]
        wrong *= -1
        genuine(self, graph, {**weights, name: changed}, request)

    monkeypatch.setattr(OrtSession, "__init__", opened)
    assert_wrong(ask(kernel_id)[1])


@pytest.fixture(scope="module")
def made(catalog):
    """A network's weights and one input of the size of its twin, by the kernel's id and a seed."""

    def made(kernel_id, seed=SEED):
        kernel = catalog.kernel(kernel_id)
        network, variant = NETWORKS[name_of(kernel)], kernel.variants[0]
        operands = Operands(Task(kernel, variant, seed, 7, 0, 0.0))
        shape = {**variant.shape, **network.twin}
        return network, operands.weights(), operands.input(tuple(shape[name] for name in network.inputs), "twin")

    return made


@pytest.mark.parametrize("kernel_id", [RESNET_16, ENCODER_16])
def test_the_tolerance_of_half_precision_is_three_times_what_rounding_every_node_costs(made, catalog, kernel_id):
    network, weights, twin = made(kernel_id)
    cost = relative_error(network.reference(twin, weights, rounding.fp16), network.reference(twin, weights))
    assert 2.5 < catalog.kernel(kernel_id).tolerance / cost < 4


@pytest.mark.parametrize(("half", "single"), [(RESNET_16, RESNET), (ENCODER_16, ENCODER)])
def test_a_network_in_half_precision_is_that_of_single_precision_rounded(made, half, single):
    _, weights, twin = made(half)
    _, wide_weights, wide_twin = made(single)
    assert np.array_equal(twin, wide_twin.astype(np.float16))
    assert weights.keys() == wide_weights.keys()
    for name, weight in weights.items():
        assert weight.dtype == np.float16
        assert np.array_equal(weight, wide_weights[name].astype(np.float16))


def test_filters_pass_on_nothing_of_what_all_their_inputs_share(made):
    _, weights, _ = made(RESNET)
    for name, weight in weights.items():
        if weight.ndim == 4:
            sums = weight.reshape(len(weight), -1).sum(axis=1, dtype=np.float64)
            assert np.abs(sums).max() < 1e-4 * weight.std() * weight[0].size, name


@pytest.mark.parametrize("kernel_id", [RESNET, ENCODER])
@pytest.mark.parametrize("seed", [7, 8])
def test_two_inputs_are_far_apart_at_the_output_beside_any_tolerance(made, catalog, kernel_id, seed):
    network, weights, twin = made(kernel_id, seed)
    there = network.reference(twin, weights)
    back = network.reference(twin[..., ::-1], weights)
    assert relative_error(there, back) > 0.05
    assert relative_error(there, back) > 5 * catalog.kernel(f"{kernel_id}.fp16").tolerance


@pytest.mark.parametrize("kernel_id", [RESNET, ENCODER, RESNET_16, ENCODER_16])
def test_another_input_is_seen(ask, monkeypatch, kernel_id):
    genuine = OrtSession.evaluate
    monkeypatch.setattr(
        OrtSession, "evaluate", lambda self, inputs: genuine(self, {"X": inputs["X"][..., ::-1].copy()})
    )
    assert_wrong(ask(kernel_id)[1])


@pytest.mark.parametrize("kernel_id", [RESNET, RESNET_16, ENCODER_16])
def test_the_output_of_the_other_batch_is_seen(ask, monkeypatch, kernel_id):
    genuine, first = OrtSession.bind, []

    def bind(self, inputs, output):
        first.append(inputs)
        return genuine(self, first[0], output)

    monkeypatch.setattr(OrtSession, "bind", bind)
    assert_wrong(ask(kernel_id)[1])


WHERE = [(OrtSession, "evaluate"), (OrtBinding, "result"), "both"]


@pytest.mark.parametrize(
    ("kernel_id", "value", "where"),
    [
        *((RESNET, value, where) for value in (0.0, 0.5, np.nan, np.inf) for where in WHERE),
        (RESNET_16, 0.5, "both"),
        (RESNET_16, np.nan, WHERE[1]),
        (ENCODER_16, 0.0, WHERE[1]),
    ],
)
def test_a_constant_or_no_number_is_no_result(ask, monkeypatch, kernel_id, value, where):
    places = [(OrtSession, "evaluate"), (OrtBinding, "result")] if where == "both" else [where]
    for owner, name in places:
        genuine = getattr(owner, name)

        def constant(self, *inputs, genuine=genuine):
            return np.full_like(genuine(self, *inputs), value)

        monkeypatch.setattr(owner, name, constant)
    assert_wrong(ask(kernel_id)[1])


@pytest.mark.parametrize("from_call", [1, 3])
def test_one_changed_bit_of_an_output_is_seen(ask, monkeypatch, from_call):
    genuine, calls = OrtBinding.result, [0]

    def result(self):
        calls[0] += 1
        values = np.array(genuine(self))
        if calls[0] >= from_call:
            values.view(np.uint8)[0, 2000] ^= 1
        return values

    monkeypatch.setattr(OrtBinding, "result", result)
    assert_wrong(ask(RESNET)[1])


@pytest.mark.parametrize("alive", [1, 2, 3, 8])
def test_a_device_that_stops_working_and_still_says_done_fails(ask, monkeypatch, alive):
    genuine, calls = OrtBinding.run, [0]

    def run(self):
        calls[0] += 1
        if calls[0] <= alive:
            genuine(self)

    monkeypatch.setattr(OrtBinding, "run", run)
    assert_wrong(ask(RESNET)[1])


def test_a_manifest_that_is_not_the_catalogues_is_refused(ask, catalog, tmp_path):
    answer, measurement = ask(RESNET, weights_sha256="0" * 64)
    assert answer.cause is Cause.DIGEST
    assert measurement.status is Status.ERROR
    with pytest.raises(DigestMismatchError, match="resnet50"):
        read_weights(catalog.kernel(RESNET).variants[0], tmp_path)


def test_a_kernel_without_a_manifest_has_no_weights(catalog):
    assert read_weights(catalog.kernel("dispatch").variants[0]) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights": "../w.json"}, "weights: expected the name of a file beside the catalogue"),
        ({"weights": None}, "weights: expected together with weights_sha256"),
        ({"weights_sha256": None}, "weights: expected together with weights_sha256"),
        ({"weights_sha256": "0"}, "weights_sha256: expected 64 hexadecimal digits"),
    ],
)
def test_a_catalogue_that_cannot_be_meant_is_refused(catalog, changes, sentence):
    kernel = catalog.kernel(RESNET)
    wrong = replace(kernel, variants=(replace(kernel.variants[0], **changes),))
    others = tuple(each for each in catalog.kernels if each is not kernel)
    assert sentence in next(faults(replace(catalog, kernels=(*others, wrong))))


def test_convolutions_are_skipped_where_cudnn_is_absent(ask, monkeypatch):
    def absent(name, *_):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(measure, "load_cuda", lambda: None)
    monkeypatch.setattr(library.ort, "preload_dlls", lambda **_: None)
    monkeypatch.setattr(library.ctypes, "CDLL", absent)
    answer, measurement = ask(RESNET, provider=Provider.CUDA)
    assert answer.cause is Cause.LIBRARY
    assert measurement.status is Status.SKIP
    assert measurement.reasons[0].id is Reason.NOT_PLACEABLE
    assert "cuDNN absent" in measurement.reasons[0].detail


def test_an_error_with_no_number_in_it_is_infinite():
    reference = np.array([1.0, -2.0])
    assert relative_error(np.array([1.0, -1.0]), reference) == 0.5
    assert relative_error(np.array([np.nan, -2.0]), reference) == np.inf
    assert relative_error(np.array([1.0]), reference) == np.inf


def test_a_result_varies_and_is_finite():
    assert is_varied(np.array([0.0, 1.0]))
    assert not is_varied(np.array([1.0, 1.0]))
    assert not is_varied(np.array([0.0, 1.0, np.inf]))
