"""A transformer block with a cache on the real ONNX Runtime, most often one that takes milliseconds."""

import hashlib
import importlib.util
import io
import weakref
from dataclasses import replace

import numpy as np
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.catalog_rule import faults
from netmind_tui.bench.judge import Witness, judge, refused
from netmind_tui.bench.protocol import Cause, Outcome, Refusal, Request
from netmind_tui.bench.reference.decoder import _rounded_by_block, _rounded_by_token, angles
from netmind_tui.bench.worker import shelf
from netmind_tui.bench.worker.measure import Worker
from netmind_tui.bench.worker.session import OrtBinding, OrtSession
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Reason

PREFILL, DECODE = "decoder.prefill.int4", "decoder.decode.int4"
SMALL = {"hidden": 256, "heads": 8, "kv_heads": 2, "head": 32, "inner": 512, "capacity": 64}
GRAPHS = {"int4": {"bits": 4, "half": False}, "fp32": {"bits": 32, "half": False}, "fp16": {"bits": 16, "half": True}}


@pytest.fixture(scope="module")
def graphs():
    """``kernels/decoder.py``, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("kernels_decoder", kernels_folder() / "decoder.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(importlib.import_module("sys").modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture
def small(graphs, tmp_path, monkeypatch):
    """From a variant of the catalogue to the same with a block that is a thousandth as large."""
    size = graphs.Size(**SMALL)
    files = {name: graphs.block(**form, size=size) for name, form in GRAPHS.items()}
    files["weights"] = graphs.manifest(size)
    files["dispatch.onnx"] = (kernels_folder() / "dispatch.onnx").read_bytes()
    for name, contents in files.items():
        (tmp_path / name).write_bytes(contents)
    digests = {name: hashlib.sha256(contents).hexdigest() for name, contents in files.items()}
    monkeypatch.setenv("NETMIND_KERNELS", str(tmp_path))

    def make(kernel):
        name, variant = kernel.precision, kernel.variants[0]
        tokens, context = (8, 8) if variant.shape["tokens"] > 1 else (1, 32)
        return replace(
            variant,
            provider=Provider.CPU,
            file=name,
            sha256=digests[name],
            weights="weights",
            weights_sha256=digests["weights"],
            shape={**variant.shape, **SMALL, "tokens": tokens, "context": context},
        )

    return make


@pytest.fixture
def worker():
    return Worker(Provider.CPU, io.BytesIO())


@pytest.fixture
def ask(make_step, host, catalog, small, worker):
    """Have a small block measured in this process, and judged."""

    def ask(kernel_id, *, worker=worker, **changes):
        kernel = catalog.kernel(kernel_id)
        step = make_step(kernel_id, variant=small(kernel) if kernel.family == "decoder" else kernel.variants[0])
        fields = {
            "kernel": kernel,
            "variant": step.variant,
            "provider": Provider.CPU,
            "seed": 7,
            "default_seed": catalog.default_seed,
            "rules": step.rules,
            "threads": 1,
            "memory_limit_bytes": 2**30,
        }
        answer = worker.answer(Request(**{**fields, **changes}))
        if isinstance(answer, Refusal):
            return answer, refused(step, answer, started_at="now")
        return answer, judge(step, answer, Witness(started_at="now"), host)

    return ask


@pytest.fixture
def observe(monkeypatch):
    """Put something between the checks and the session: a function of the genuine one, its inputs and its caches."""

    def replace_by(function):
        genuine = OrtSession.observe
        monkeypatch.setattr(
            OrtSession, "observe", lambda self, *given: function(lambda *new: genuine(self, *new), *given)
        )

    return replace_by


def assert_wrong(measurement):
    assert measurement.status is Status.FAIL
    assert measurement.reasons[0].id is Reason.WRONG_RESULT
    assert measurement.value is None or measurement.verified.before


@pytest.mark.parametrize("precision", ["int4", "fp32", "fp16"])
@pytest.mark.parametrize("phase", ["prefill", "decode"])
@pytest.mark.parametrize("seed", [7, 8])
def test_a_block_agrees_with_its_reference_stage_by_stage(ask, phase, precision, seed):
    outcome, measurement = ask(f"decoder.{phase}.{precision}", seed=seed, threads=2)
    assert measurement.status is Status.PASS
    assert measurement.value > 0
    assert measurement.unit == "tokens/s"
    assert (measurement.verified.before, measurement.verified.after) == (True, True)
    assert measurement.verified.method == "stages"
    assert 0 < measurement.verified.error < measurement.verified.tolerance / 2
    assert outcome.placed_nodes > 10


def test_the_rate_counts_tokens(ask):
    outcome, measurement = ask(PREFILL)
    assert measurement.samples[0] == pytest.approx(8 / outcome.timing.burst.samples[0])


class TestWrongWeights:
    @pytest.fixture
    def open_with(self, monkeypatch):
        def replace_by(change):
            genuine = OrtSession.__init__

            def opened(self, graph, weights, request):
                changed = {name: value.copy() for name, value in weights.items()}
                change(changed)
                genuine(self, graph, changed, request)

            monkeypatch.setattr(OrtSession, "__init__", opened)

        return replace_by

    @pytest.mark.parametrize("kernel_id", [PREFILL, DECODE])
    @pytest.mark.parametrize("name", ["q", "k", "v", "o", "g", "u", "d"])
    def test_one_4_bit_weight_is_seen(self, ask, open_with, name, kernel_id):
        def change(weights):
            weights[name].flat[weights[name].size // 2] ^= 0x40  # of the upper half, by 4 of the 16 steps

        open_with(change)
        assert_wrong(ask(kernel_id)[1])

    @pytest.mark.parametrize("name", ["q", "k", "v", "o", "g", "u", "d"])
    def test_the_sign_of_one_weight_is_seen(self, ask, open_with, name):
        def change(weights):
            weights[name].flat[weights[name].size // 2] *= -1

        open_with(change)
        assert_wrong(ask("decoder.prefill.fp32")[1])

    @pytest.mark.parametrize("name", ["q.scale", "d.scale", "n1", "n2"])
    def test_one_scale_is_seen(self, ask, open_with, name):
        def change(weights):
            weights[name][3] *= 2

        open_with(change)
        assert_wrong(ask(DECODE)[1])

    @pytest.mark.parametrize("kernel_id", [PREFILL, DECODE])
    def test_angles_of_the_next_position_are_seen(self, ask, open_with, kernel_id):
        def change(weights):
            for name in ("cos", "sin"):
                weights[name][:] = np.roll(weights[name], 1, axis=0)

        open_with(change)
        assert_wrong(ask(kernel_id)[1])


class TestWrongRuns:
    @pytest.mark.parametrize("kernel_id", [PREFILL, DECODE])
    def test_another_input_is_seen(self, ask, observe, kernel_id):
        observe(lambda run, inputs, caches: run({**inputs, "X": inputs["X"][..., ::-1].copy()}, caches))
        assert_wrong(ask(kernel_id)[1])

    @pytest.mark.parametrize("kernel_id", [PREFILL, DECODE])
    def test_a_wrong_position_is_seen(self, ask, observe, kernel_id):
        def shifted(run, inputs, caches):
            return run({**inputs, "last": inputs["last"] + 1, "context": inputs["context"] + 1}, caches)

        observe(shifted)
        assert_wrong(ask(kernel_id)[1])

    @pytest.mark.parametrize("kernel_id", [PREFILL, DECODE])
    def test_a_cache_that_is_not_read_is_seen(self, ask, observe, kernel_id):
        """What is written is right, and the tokens before count for nothing."""

        def forgetful(run, inputs, caches):
            before = [cache.values.copy() for cache in caches]
            for cache in caches:
                cache.values[:] = 0
            stages = run(inputs, caches)
            for cache, values in zip(caches, before, strict=True):
                values[cache.written] = stages[cache.output][cache.written]
                stages[cache.output][:] = values
            return stages

        observe(forgetful)
        assert_wrong(ask(kernel_id)[1])

    @pytest.mark.parametrize("row", [0, 31, 63])
    def test_a_cache_that_is_written_elsewhere_too_is_seen(self, ask, observe, row):
        def careless(run, inputs, caches):
            stages = run(inputs, caches)
            stages["present_value"][0, 1, row, 5] += 1
            return stages

        observe(careless)
        assert_wrong(ask(DECODE)[1])

    @pytest.mark.parametrize("value", [0.0, 0.5, np.nan, np.inf])
    @pytest.mark.parametrize("places", [["observe"], ["result"], ["observe", "result"]])
    def test_a_constant_or_no_number_is_no_result(self, ask, observe, monkeypatch, value, places):
        if "observe" in places:
            observe(lambda run, *given: {name: np.full_like(each, value) for name, each in run(*given).items()})
        if "result" in places:
            genuine = OrtBinding.result
            monkeypatch.setattr(OrtBinding, "result", lambda self: np.full_like(genuine(self), value))
        assert_wrong(ask(DECODE)[1])

    @pytest.mark.parametrize("what", ["result", "cached"])
    @pytest.mark.parametrize("from_call", [1, 3])
    def test_one_changed_bit_of_an_output_or_a_cache_is_seen(self, ask, monkeypatch, what, from_call):
        genuine, calls = getattr(OrtBinding, what), [0]

        def looked_at(self):
            calls[0] += 1
            found = genuine(self)
            values = [np.array(each) for each in (found if what == "cached" else [found])]
            if calls[0] >= from_call:
                values[-1].view(np.uint8).flat[400] ^= 1
            return values if what == "cached" else values[0]

        monkeypatch.setattr(OrtBinding, what, looked_at)
        assert_wrong(ask(DECODE)[1])

    @pytest.mark.parametrize("alive", [1, 2, 3, 8])
    def test_a_device_that_stops_working_and_still_says_done_fails(self, ask, monkeypatch, alive):
        genuine, calls = OrtBinding.run, [0]

        def run(self):
            calls[0] += 1
            if calls[0] <= alive:
                genuine(self)

        monkeypatch.setattr(OrtBinding, "run", run)
        assert_wrong(ask(PREFILL)[1])

    def test_a_run_that_gives_the_output_and_not_its_part_of_the_cache_fails(self, ask, monkeypatch):
        """Keys are spoiled with every sample, and only the cache shows that they are not made again."""
        genuine = OrtBinding.run

        def run(self):
            key = self.caches[0][0]
            before = key.values[key.written].copy()
            genuine(self)
            key.values[key.written] = before

        monkeypatch.setattr(OrtBinding, "run", run)
        assert_wrong(ask(PREFILL)[1])


class TestOneSession:
    @pytest.fixture
    def opened(self, monkeypatch):
        """Weak references to the sessions, in the order in which they were opened; and who was alive at each."""
        genuine, sessions = OrtSession.__init__, []

        def opening(self, *given):
            sessions.append((weakref.ref(self), [each() is not None for each, _ in sessions]))
            genuine(self, *given)

        monkeypatch.setattr(OrtSession, "__init__", opening)
        return sessions

    def test_the_second_kernel_uses_that_of_the_first(self, ask, opened):
        (first, _), (second, measurement) = ask(PREFILL), ask(DECODE)
        assert len(opened) == 1
        assert measurement.status is Status.PASS
        assert second.placed_nodes == first.placed_nodes
        assert second.shape["tokens"] == 1

    @pytest.mark.parametrize("changes", [{"seed": 8}, {"threads": 2}, {"memory_limit_bytes": 2**29}])
    def test_not_where_something_else_was_asked_for(self, ask, opened, changes):
        ask(PREFILL)
        assert ask(DECODE, **changes)[1].status is Status.PASS
        assert [alive for _, alive in opened] == [[], [False]]

    @pytest.mark.parametrize("other", ["dispatch", "decoder.decode.fp32"])
    def test_it_is_gone_before_another_kernel_loads_its_own(self, ask, opened, other):
        ask(PREFILL)
        assert opened[0][0]() is not None
        ask(other)
        assert opened[1][1] == [False]

    def test_it_is_gone_before_a_kernel_that_is_refused(self, ask, opened, small, catalog):
        ask(PREFILL)
        broken = replace(small(catalog.kernel(DECODE)), sha256="0" * 64)
        assert ask(DECODE, variant=broken)[0].cause is Cause.DIGEST
        assert opened[0][0]() is None

    def test_a_session_that_was_wrong_is_not_used_again(self, ask, opened, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(OrtBinding, "result", lambda _: np.zeros((1, 8, 256), np.float32))
            assert_wrong(ask(PREFILL)[1])
        assert ask(DECODE)[1].status is Status.PASS
        assert [alive for _, alive in opened] == [[], [False]]

    def test_a_session_that_could_not_be_opened_leaves_nothing(self, ask, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(shelf, "OrtSession", lambda *_: (_ for _ in ()).throw(MemoryError("no")))
            assert ask(PREFILL)[0].cause is Cause.MEMORY
        assert isinstance(ask(PREFILL)[0], Outcome)

    def test_decoding_writes_the_same_place_every_time_and_no_other(self, ask, monkeypatch):
        genuine_bind, genuine_look, given, seen = OrtSession.bind, OrtBinding.cached, [], []

        def bind(self, inputs, output, caches=()):
            given.extend(cache.values.copy() for cache in caches)
            return genuine_bind(self, inputs, output, caches)

        def cached(self):
            seen.extend(values.copy() for values in genuine_look(self))
            return genuine_look(self)

        monkeypatch.setattr(OrtSession, "bind", bind)
        monkeypatch.setattr(OrtBinding, "cached", cached)
        ask(DECODE)
        assert len(given) == 4
        before, after = seen[:4], seen[-4:]
        for first, early, late in zip(given, before, after, strict=True):
            changed = np.flatnonzero((first != late).any(axis=(0, 1, 3)))
            assert list(changed) == [31]
            assert np.array_equal(early, late)


class TestShipped:
    """The block in its real size, in 4 bits: half a minute of memory traffic for a slow machine."""

    def test_a_prompt_and_then_a_token_are_right(self, make_step, catalog, worker, monkeypatch):
        monkeypatch.delenv("NETMIND_KERNELS", raising=False)
        for kernel_id in (PREFILL, DECODE):
            step = make_step(kernel_id)
            outcome = worker.answer(
                Request(
                    kernel=step.kernel,
                    variant=step.variant,
                    provider=Provider.CPU,
                    seed=7,
                    default_seed=catalog.default_seed,
                    rules=step.rules,
                    threads=2,
                    memory_limit_bytes=2**30,
                )
            )
            assert outcome.before.ok
            assert outcome.after.ok
            assert outcome.before.error < step.kernel.tolerance / 10

    @pytest.mark.parametrize("provider", list(Provider))
    @pytest.mark.parametrize("precision", ["int4", "fp32", "fp16"])
    def test_both_kernels_of_a_precision_share_all_but_the_tokens(self, catalog, precision, provider):
        kernels = [catalog.kernel(f"decoder.{phase}.{precision}") for phase in ("prefill", "decode")]
        first, second = (kernel.variant_for(provider, 80 * 2**30) for kernel in kernels)
        if first is None:
            assert second is None
            return
        own = {"shape", "memory", "host_memory", "prepare_s"}
        assert {name for name in first.__slots__ if getattr(first, name) != getattr(second, name)} <= own
        shape = {**first.shape, "tokens": second.shape["tokens"], "context": second.shape["context"]}
        assert shape == second.shape
        assert kernels[0].tolerance == kernels[1].tolerance

    def test_attention_in_single_precision_is_for_cpus_and_in_half_for_gpus(self, catalog):
        assert catalog.kernel("decoder.decode.fp32").variant_for(Provider.CUDA, 80 * 2**30) is None
        assert catalog.kernel("decoder.decode.fp16").variant_for(Provider.CPU, 80 * 2**30) is None
        int4 = catalog.kernel(DECODE)
        tolerances = [int4.tolerance_for(int4.variant_for(provider, 80 * 2**30)) for provider in Provider]
        assert tolerances == [1e-4, 4e-3]
        assert int4.tolerance_for(None) == 1e-4

    def test_every_pair_stands_together_in_its_suites(self, catalog):
        for suite in catalog.suites:
            for index, name in enumerate(suite.kernels):
                if name.startswith("decoder.prefill"):
                    assert suite.kernels[index + 1] == name.replace("prefill", "decode")

    @pytest.mark.parametrize("tolerance", [-1.0, float("inf")])
    def test_a_tolerance_that_cannot_be_meant_is_refused(self, catalog, tolerance):
        kernel = catalog.kernel(DECODE)
        wrong = replace(kernel, variants=(replace(kernel.variants[0], tolerance=tolerance),))
        others = tuple(each for each in catalog.kernels if each is not kernel)
        assert "variant 1 (cpu): tolerance: expected a finite number" in next(
            faults(replace(catalog, kernels=(*others, wrong)))
        )


class TestReference:
    def test_the_first_position_turns_nothing_and_the_first_pair_by_one_a_token(self):
        turns = angles(np.arange(3), 128)
        assert (turns[0] == 0).all()
        assert list(turns[:, 0]) == [0, 1, 2]
        assert turns[1, 32] == pytest.approx(500_000**-0.5)

    @pytest.mark.parametrize(("rounded", "steps"), [(_rounded_by_block, 127), (_rounded_by_token, 127.5)])
    def test_rounding_moves_no_number_by_more_than_half_a_step(self, rounded, steps):
        x = np.linspace(-2, 2, 128, dtype=np.float32).reshape(2, 64)
        assert 0 < np.abs(rounded(x) - x).max() <= 2 / steps / 2 * 1.001
        assert (rounded(np.zeros((1, 64), np.float32)) == 0).all()
