"""The chain of a proof: the same bytes everywhere, rows that can be made alone, and a state that stays alive."""

import io
from dataclasses import replace

import numpy as np
import pytest

from netmind_tui.bench.catalog import DigestMismatchError, kernels_folder
from netmind_tui.bench.chain_catalog import find_chain, open_chains, read_chain_graph
from netmind_tui.bench.protocol import Cause, ChainReady, Committed, Opened, OpenRows, PrepareChain, ProveChain, Refusal
from netmind_tui.bench.reference.chain import advance, derive_key, start_block, start_rows, weight, weights
from netmind_tui.bench.worker.chain_session import ChainSession
from netmind_tui.bench.worker.measure import Worker
from netmind_tui.certify.proof.health import health_of
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.model.chain import Body, chain_for
from netmind_tui.model.kernel import Provider
from netmind_tui.model.merkle import device_tag, leaf_of, root_from
from netmind_tui.model.problem import Problem

KEY = "ed25519:" + "ab" * 32
TINY = find_chain(open_chains(), "chain.test@1")
SHAPES = {(each.body, each.n): each for each in sorted(open_chains(), key=lambda each: each.rounds)}


def ask_for(spec, *, threads=1, nonce=b"first", memory=2**33):
    graph = spec.graph_for(Provider.CPU)
    return PrepareChain(
        spec=spec, graph=graph, node_key=KEY, device="cpu", nonce=nonce, threads=threads, memory_limit_bytes=memory
    )


def session_of(spec, pool, *, threads=1):
    ask = ask_for(spec, threads=threads)
    return ChainSession(read_chain_graph(ask.graph), pool, ask)


def plainly(rows, pool, spec):
    """The chain in integers of 64 bits, a row at a time, written without any of the reference's shortcuts."""
    values = rows.astype(np.int64)
    for turn in range(spec.rounds):
        sums = values @ pool[turn % spec.pool].astype(np.int64)
        if spec.body is Body.FP16:
            with np.errstate(over="ignore"):
                sums = sums.astype(np.float16).astype(np.float64)
        values = np.clip(np.rint(sums / 2**spec.shift_k), -128, 127).astype(np.int64)
    return values.astype(np.int8)


class TestTheNumbers:
    def test_weights_are_odd_of_either_sign_and_without_a_mean(self):
        drawn = weight(TINY, b"first", KEY, 0)
        assert set(np.unique(drawn).tolist()) == set(range(-63, 64, 2))
        assert abs(drawn.astype(np.float64).mean()) < 1

    def test_those_of_half_precision_stay_small(self):
        drawn = weight(replace(TINY, body=Body.FP16), b"first", KEY, 0)
        assert set(np.unique(drawn).tolist()) == set(range(-15, 16, 2))

    def test_a_row_is_the_same_alone_and_among_others(self):
        block = start_block(TINY, b"second", KEY, "cpu", 0, 32)
        assert np.array_equal(start_rows(TINY, b"second", KEY, "cpu", [31, 0, 7]), block[[31, 0, 7]])
        assert np.array_equal(start_block(TINY, b"second", KEY, "cpu", 16, 16), block[16:])

    @pytest.mark.parametrize(
        "other", [(b"else", KEY, "cpu"), (b"second", KEY[:-1] + "c", "cpu"), (b"second", KEY, "gpu:0")]
    )
    def test_rows_depend_on_nonce_key_and_device(self, other):
        rows = start_rows(TINY, b"second", KEY, "cpu", [0, 1])
        nonce, key, device = other
        assert not np.array_equal(start_rows(TINY, nonce, key, device, [0, 1]), rows)

    def test_weights_depend_on_nonce_key_and_every_parameter(self):
        first = weight(TINY, b"first", KEY, 0)
        for spec, nonce, key in (
            (TINY, b"other", KEY),
            (TINY, b"first", "another"),
            (replace(TINY, rounds=16), b"first", KEY),
            (replace(TINY, rows=2048), b"first", KEY),
        ):
            assert not np.array_equal(weight(spec, nonce, key, 0), first)

    def test_fields_that_read_alike_end_to_end_have_different_keys(self):
        assert derive_key("rows", "ab", "c") != derive_key("rows", "a", "bc")


class TestTheBytes:
    @pytest.mark.parametrize("body", Body)
    def test_the_reference_is_exact(self, body):
        spec = replace(TINY, body=body, shift_k=7 if body is Body.FP16 else 9)
        pool, rows = weights(spec, b"first", KEY), start_block(spec, b"second", KEY, "cpu", 0, 16)
        assert np.array_equal(advance(rows, pool, spec), plainly(rows, pool, spec))

    def test_the_reference_is_exact_where_sums_are_largest(self):
        spec = replace(SHAPES[Body.INT8, 4096], rounds=1)
        extreme = np.full((2, 4096), -128, np.int8)
        extreme[1] = 127
        drawn = weight(spec, b"first", KEY, 0)
        drawn[:, 0], drawn[:, 1] = 63, -63
        assert np.array_equal(advance(extreme, [drawn], spec), plainly(extreme, [drawn], replace(spec, pool=1)))

    @pytest.mark.parametrize("threads", [1, 2])
    def test_the_processor_gives_them_for_twenty_seeds(self, threads):
        for seed in range(20):
            pool = weights(TINY, f"seed {seed}".encode(), KEY)
            rows = start_block(TINY, b"second", KEY, "cpu", 0, 8)
            assert np.array_equal(session_of(TINY, pool, threads=threads).run(rows), advance(rows, pool, TINY))

    @pytest.mark.parametrize("n", [1024, 2048, 4096])
    def test_the_processor_gives_them_at_every_size(self, n):
        whole = next(each for each in open_chains() if each.n == n and each.graph_for(Provider.CPU))
        spec = replace(whole, rounds=2 * whole.pool)
        pool, rows = weights(spec, b"first", KEY), start_block(spec, b"second", KEY, "cpu", 0, 8)
        expected = advance(rows, pool, spec)
        for threads in (1, 2):
            assert np.array_equal(session_of(spec, pool, threads=threads).run(rows), expected)

    def test_the_graph_of_gpus_gives_them_too_where_a_processor_runs_it(self):
        ort = pytest.importorskip("onnxruntime")
        pool, rows = weights(TINY, b"first", KEY), start_block(TINY, b"second", KEY, "cpu", 0, 8)
        options = ort.SessionOptions()
        values = [ort.OrtValue.ortvalue_from_numpy(matrix) for matrix in pool]
        options.add_external_initializers([f"W{index}" for index in range(TINY.pool)], values)
        graph = read_chain_graph(TINY.graph_for(Provider.CUDA))
        session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        once = session.run(None, {"X": rows})[0]
        assert np.array_equal(session.run(None, {"X": once})[0], advance(rows, pool, TINY))


@pytest.mark.parametrize("spec", SHAPES.values(), ids=lambda spec: f"{spec.body}-{spec.n}")
def test_rows_stay_alive_to_the_last_round(spec):
    pool, rows = weights(spec, b"first", KEY), start_block(spec, b"second", KEY, "cpu", 0, 8)
    flipped = rows.copy()
    flipped[:, 0] ^= 1
    found = advance(np.concatenate([rows, flipped]), pool, spec)
    one, other = found[:8], found[8:]
    health = health_of(one)
    assert health.entropy_bits >= 5.5
    assert 0.05 <= health.saturated <= 0.5
    assert health.distinct
    assert health.complaint is None
    assert np.count_nonzero(one != other) > 0.5 * one.size


class TestTheWorker:
    @pytest.fixture
    def worker(self):
        return Worker(Provider.CPU, io.BytesIO())

    def test_it_commits_to_what_the_reference_computes(self, worker):
        reference = ReferenceProver(TINY, KEY, ["cpu"])
        reference.prepare(b"first")
        assert isinstance(worker.answer(ask_for(TINY)), ChainReady)
        answer = worker.answer(ProveChain(nonce=b"second"))
        assert isinstance(answer, Committed)
        assert answer.root == reference.prove(b"second")

    def test_it_opens_the_rows_in_the_order_asked_for(self, worker):
        worker.answer(ask_for(TINY))
        root = worker.answer(ProveChain(nonce=b"second")).root
        opened = worker.answer(OpenRows(indices=(1023, 0, 5)))
        assert isinstance(opened, Opened)
        assert [row.index for row in opened.rows] == [1023, 0, 5]
        for row in opened.rows:
            assert root_from(leaf_of(device_tag("cpu"), row.index, row.row), row.index, row.path) == root

    def test_its_root_does_not_depend_on_how_much_memory_it_may_take(self, worker):
        worker.answer(ask_for(TINY))
        large = worker.answer(ProveChain(nonce=b"second")).root
        held = 3 * TINY.pool * TINY.n**2
        worker.answer(ask_for(TINY, memory=held + 64 * TINY.n * 16))
        assert worker.answer(ProveChain(nonce=b"second")).root == large

    def test_too_little_memory_is_said(self, worker):
        answer = worker.answer(ask_for(TINY, memory=2**19))
        assert isinstance(answer, Refusal)
        assert answer.cause is Cause.MEMORY
        assert "chain.test@1 needs" in answer.detail

    @pytest.mark.parametrize("early", [ProveChain(nonce=b"second"), OpenRows(indices=(0,))])
    def test_what_must_come_first_is_said(self, worker, early):
        assert isinstance(worker.answer(early), Refusal)

    def test_another_graph_than_the_catalogues_is_refused(self, worker, monkeypatch, tmp_path):
        monkeypatch.setenv("NETMIND_KERNELS", str(tmp_path))
        (tmp_path / "chain_u8_256.onnx").write_bytes(b"something else")
        assert worker.answer(ask_for(TINY)).cause is Cause.DIGEST

    def test_a_device_that_gives_other_bytes_does_not_become_ready(self, worker, monkeypatch):
        right = ChainSession.run
        monkeypatch.setattr(ChainSession, "run", lambda self, start: right(self, start) ^ np.int8(1))
        answer = worker.answer(ask_for(TINY))
        assert answer.cause is Cause.INEXACT
        assert "differ from the exact ones" in answer.detail

    def test_a_device_that_does_not_repeat_itself_opens_nothing(self, worker, monkeypatch):
        worker.answer(ask_for(TINY))
        worker.answer(ProveChain(nonce=b"second"))
        right = ChainSession.run
        monkeypatch.setattr(ChainSession, "run", lambda self, start: right(self, start) ^ np.int8(1))
        answer = worker.answer(OpenRows(indices=(3,)))
        assert answer.cause is Cause.INEXACT
        assert "row 3 came out otherwise" in answer.detail


class TestTheCatalogue:
    def test_every_graph_is_the_one_it_names(self):
        for spec in open_chains():
            for graph in spec.graphs:
                assert read_chain_graph(graph)

    def test_a_changed_graph_is_refused(self):
        with pytest.raises(DigestMismatchError):
            read_chain_graph(replace(TINY.graphs[0], sha256="0" * 64))

    @pytest.mark.parametrize(
        ("provider", "memory", "expected"),
        [
            (Provider.CPU, [2 * 10**9], "chain.int8.small"),
            (Provider.CPU, [16 * 10**9], "chain.int8.medium"),
            (Provider.CPU, [256 * 10**9], "chain.int8.large"),
            (Provider.CUDA, [8 * 10**9], "chain.int8.large"),
            (Provider.CUDA, [12 * 10**9], "chain.int8.long"),
            (Provider.CUDA, [80 * 10**9] * 8, "chain.int8.wide"),
            (Provider.CUDA, [80 * 10**9, 12 * 10**9], "chain.int8.long"),
            (Provider.CUDA, [0], "chain.int8.small"),
        ],
    )
    def test_the_rule_goes_by_the_smallest_device(self, provider, memory, expected):
        assert chain_for(open_chains(), provider, memory).id == expected

    def test_the_rule_never_chooses_what_is_for_tests(self):
        assert chain_for([TINY], Provider.CPU, [10**12]) is None

    def test_a_digest_covers_every_parameter(self):
        changed = [replace(TINY, **{name: 2 * getattr(TINY, name)}) for name in ("n", "pool", "rounds", "rows")]
        changed += [replace(TINY, shift_k=8), replace(TINY, version=2), replace(TINY, body=Body.FP16)]
        assert len({each.digest for each in (TINY, *changed)}) == len(changed) + 1

    def test_no_chain_has_more_bits_than_integers_carry_exactly(self):
        for spec in open_chains():
            assert 128 * spec.largest_weight * spec.n < 2**31
            assert 2 * 255 * spec.largest_weight < 2**15

    @pytest.mark.parametrize(
        ("found", "changed", "sentence"),
        [
            ("n = 256", "n = 300", "n: expected a power of two, found 300"),
            ("pool = 4", "pool = 17", "pool: expected 1 to 16, found 17"),
            ("rounds = 8", "rounds = 9", "rounds: expected a multiple of the pool of 4, found 9"),
            ("shift_k = 9", "shift_k = 8", "shift_k: expected 9 for n = 256 in int8, found 8"),
            ("rows = 1024", "rows = 1000", "rows: expected a power of two, found 1000"),
            ("chain_u8_256.onnx", "../chain.onnx", "expected the name of a graph beside the catalogue"),
            ("certifies = false", "certified = false", "'certified' is no key here; did you mean certifies?"),
            ("version = 1\n", "version = 9\n", "written for another version of this program"),
            ('body = "int8"', 'body = "int4"', "is no catalogue of chains"),
            ("[[chains]]", "[[chains", "is no catalogue of chains"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_in_a_sentence(self, tmp_path, found, changed, sentence):
        text = (kernels_folder() / "chains.toml").read_text()
        (tmp_path / "chains.toml").write_text(text.replace(found, changed, 1))
        with pytest.raises(Problem, match=sentence.replace("?", r"\?")):
            open_chains(tmp_path)

    def test_a_chain_twice_is_refused(self, tmp_path):
        text = (kernels_folder() / "chains.toml").read_text()
        (tmp_path / "chains.toml").write_text(text.replace('"chain.int8.small"', '"chain.int8.medium"'))
        with pytest.raises(Problem, match=r"'chain\.int8\.medium@1' is given twice"):
            open_chains(tmp_path)

    def test_a_catalogue_that_is_not_there_is_said(self, tmp_path):
        with pytest.raises(Problem, match="cannot read the chains"):
            open_chains(tmp_path)
