import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.model.llm import PUBLIC
from netmind_tui.model.serving import CONTEXT_TOKENS, block_bytes, cache_bytes, serve, weight_bytes

GIB = 2**30
LLAMA_8B = next(model for model in PUBLIC if model.name == "Llama-3.1-8B")


def served(takeable, bandwidths, precision="int4", models=(LLAMA_8B,)):
    return serve(takeable, bandwidths, (precision,), models)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Llama-3.2-1B", 1_235_814_400),
        ("Llama-3.2-3B", 3_212_749_824),
        ("Qwen2.5-7B", 7_615_616_512),
        ("Llama-3.1-8B", 8_030_261_248),
        ("Qwen2.5-14B", 14_770_033_664),
        ("Qwen2.5-32B", 32_763_876_352),
        ("Llama-3.3-70B", 70_553_706_496),
        ("Llama-3.1-405B", 405_853_388_800),
    ],
)
def test_the_shape_of_each_model_gives_the_parameters_that_it_is_published_with(name, parameters):
    assert {model.name: model.parameters for model in PUBLIC}[name] == parameters


def test_the_list_goes_from_small_to_large():
    sizes = [model.parameters for model in PUBLIC]
    assert sizes == sorted(sizes)


def test_weights_and_cache_take_what_the_formula_says():
    assert weight_bytes(32, "int4") == 20
    assert weight_bytes(32, "fp16") == 64
    assert cache_bytes(LLAMA_8B, 1) == 2 * 32 * 8 * 128 * 2


def test_a_model_fits_to_the_byte():
    need = weight_bytes(LLAMA_8B.parameters, "int4") + cache_bytes(LLAMA_8B, CONTEXT_TOKENS)
    (just,) = served(need, {"stream.add": 1e11})
    (over,) = served(need - 1, {"stream.add": 1e11})
    assert (just.fits, just.need_bytes) == (True, need)
    assert (over.fits, over.tokens_per_s, over.basis) == (False, None, None)


def test_one_token_reads_the_weights_but_for_the_embedding_and_the_whole_cache():
    (found,) = served(80 * GIB, {"gemv.int4": 1e12})
    read = (8_030_261_248 - 128256 * 4096 + 4096) * 5 // 8 + 4096 * 131072
    assert found.tokens_per_s == pytest.approx(1e12 / read)
    assert found.method == "estimate"


def test_an_embedding_that_is_also_the_last_matrix_is_read():
    tied = PUBLIC[0]
    assert tied.read_parameters == tied.parameters


def test_the_pace_of_four_bit_weights_is_preferred_and_says_so():
    both = {"gemv.int4": 5e11, "stream.add": 9e11}
    assert served(80 * GIB, both)[0].basis == "gemv.int4"
    assert served(80 * GIB, {"stream.add": 9e11})[0].basis == "stream.add"
    assert served(80 * GIB, both, "fp16")[0].basis == "stream.add"


def test_without_a_bandwidth_it_is_only_said_whether_it_fits():
    (found,) = served(80 * GIB, {})
    assert (found.fits, found.tokens_per_s, found.basis) == (True, None, None)


@given(st.integers(0, 2**42), st.integers(0, 2**42))
def test_more_memory_never_holds_less(a, b):
    less, more = (
        {each.model for each in serve(size, {}, ("int4", "fp16")) if each.fits} for size in (min(a, b), max(a, b))
    )
    assert less <= more


@pytest.mark.parametrize(
    ("precision", "entry_bytes", "read"),
    [("int4", 4, 140_509_184), ("int4", 2, 124_780_544), ("fp16", 2, 438_304_768)],
)
def test_what_a_token_reads_of_a_block_counts_scales_and_cache(precision, entry_bytes, read):
    shape = {"hidden": 4096, "heads": 32, "kv_heads": 8, "head": 128, "inner": 14336, "context": 512}
    assert block_bytes(shape, precision, entry_bytes) == read
