import numpy as np
import pytest

from netmind_tui.bench.data import uniform_fp32, uniform_int8, uniform_uint7
from netmind_tui.bench.verify import FloatProduct, check_digest, check_integer_product, check_sum

M, N, K = 96, 64, 80
TOLERANCE = 1e-6


@pytest.fixture
def floats():
    a, b = uniform_fp32((M, K), 1, "a"), uniform_fp32((K, N), 1, "b")
    return a, b, a @ b


@pytest.fixture
def integers():
    a, b = uniform_uint7((M, K), 1, "a"), uniform_int8((K, N), 1, "b")
    return a, b, a.astype(np.int32) @ b.astype(np.int32)


def check_floats(a, b, c):
    return FloatProduct(a, b, seed=1).check(c, TOLERANCE)


def test_a_right_float_product_passes_with_an_error_of_rounding_size(floats):
    check = check_floats(*floats)
    assert check.ok
    assert 0 < check.error < 1e-6


@pytest.mark.parametrize("row", [0, 41, M - 1])
def test_one_wrong_element_anywhere_fails(floats, row):
    a, b, c = floats
    c[row, 17] += 0.0005
    assert not check_floats(a, b, c).ok


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_element_that_is_no_number_fails_and_has_no_error_figure(floats, value):
    a, b, c = floats
    c[50, 5] = value
    check = check_floats(a, b, c)
    assert not check.ok
    assert check.error is None


def test_one_wrong_weight_fails(floats):
    a, b, _ = floats
    wrong = b.copy()
    wrong[3, 3] += 0.001
    assert not check_floats(a, b, a @ wrong).ok


def test_a_product_in_tf32_is_not_fp32(floats):
    a, b, _ = floats

    def rounded(x):
        return ((x.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)

    assert not check_floats(a, b, rounded(a) @ rounded(b)).ok


def test_a_constant_result_fails(floats):
    a, b, c = floats
    assert not check_floats(a, b, np.zeros_like(c)).ok


def test_a_right_integer_product_passes(integers):
    check = check_integer_product(*integers, seed=1)
    assert check.ok
    assert check.error == 0


@pytest.mark.parametrize("bit", [0, 13, 30])
def test_one_flipped_bit_of_an_integer_product_fails(integers, bit):
    a, b, c = integers
    c[70, 7] ^= 1 << bit
    assert not check_integer_product(a, b, c, seed=1).ok


def test_the_integer_check_holds_at_the_largest_sums():
    a, b = np.full((4, 8192), 127, np.uint8), np.full((8192, 4), -128, np.int8)
    c = (a.astype(np.int64) @ b.astype(np.int64)).astype(np.int32)
    assert check_integer_product(a, b, c, seed=1).ok


def test_a_sum_must_be_equal_to_the_last_bit():
    a, b = uniform_fp32((5_000_000,), 1, "a"), uniform_fp32((5_000_000,), 1, "b")
    c = a + b
    assert check_sum(a, b, c).ok
    c[4_999_999] = np.nextafter(c[4_999_999], np.float32(9))
    assert not check_sum(a, b, c).ok


def test_a_digest_is_of_the_little_endian_bytes():
    values = np.array([1, 2, 3], np.int32)
    golden = "4636993d3e1da4e9d6b8f87b79e8f7c6d018580d52661950eabc3845c5897a4d"
    assert check_digest(values, golden).ok
    assert check_digest(values.astype(">i4"), golden).ok
    assert not check_digest(values + 1, golden).ok
