from hashlib import sha256

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.bench.data import (
    centred_fp32,
    derive_key,
    raw_bytes,
    scaled_fp32,
    uniform_fp32,
    uniform_int8,
    uniform_uint7,
)


def test_the_bytes_are_the_same_with_every_numpy():
    """Certificates name these bytes: if this fails, NumPy's Philox stream or the key derivation has changed."""
    digest = sha256(raw_bytes(1_000_003, 7, "gemm.fp32", "B").tobytes()).hexdigest()
    assert digest == "087c2a28b20b112b709872ba16c1738ca1fdd176d958428c9b77acbcbfb49e6e"


def test_floats_are_the_same_with_every_numpy():
    digest = sha256(uniform_fp32((257, 129), 7, "x").tobytes()).hexdigest()
    assert digest == "d67ab09b395d59e9db7ffa85451a1ee4c20e0c49eb2c21f87308d169c3442438"


@given(st.integers(0, 2**63), st.text(max_size=8), st.text(max_size=8))
def test_neighbouring_names_never_share_a_key(seed, first, second):
    assert derive_key(seed, first + second, "") != derive_key(seed, first, second + "x")
    assert derive_key(seed, first, second) != derive_key(seed, first + second)


def test_floats_lie_in_the_half_open_interval_and_centre_on_zero():
    values = uniform_fp32((1000, 1000), 1, "x")
    assert values.min() >= -1
    assert values.max() < 1
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 3**-0.5) < 0.01


def test_seven_bit_values_read_the_same_signed_and_unsigned():
    values = uniform_uint7((4096,), 1, "x")
    assert np.array_equal(values.astype(int), values.view(np.int8).astype(int))
    assert values.max() == 127


def test_signed_bytes_use_their_whole_range():
    values = uniform_int8((65536,), 1, "x")
    assert (values.min(), values.max()) == (-128, 127)


@given(st.sampled_from([1, 2, 2**18 - 1, 2**18, 2**18 + 1, 2**19 + 3]))
def test_scaled_floats_are_the_uniform_ones_scaled_and_shifted(count):
    scale, shift = np.float32(0.3), np.float32(0.7)
    expected = uniform_fp32((1, count), 7, "x") * scale + shift
    assert np.array_equal(scaled_fp32((1, count), 0.3, 0.7, 7, "x"), expected)


def test_a_centred_filter_has_no_mean_and_keeps_its_scale_and_shift():
    values = centred_fp32((5, 3, 7, 7), 0.3, 0.0, 7, "x").astype(np.float64)
    assert np.abs(values.mean(axis=(1, 2, 3))).max() < 1e-8
    assert abs(values.std() - 0.3 / 3**0.5) < 0.01
    shifted = centred_fp32((5, 3, 7, 7), 0.3, 2.0, 7, "x")
    assert np.allclose(shifted, values + 2, atol=1e-6)


def test_centred_filters_are_the_same_with_every_numpy():
    digest = sha256(centred_fp32((65, 33, 3, 3), 0.3, 0.7, 7, "x").tobytes()).hexdigest()
    assert digest == "64cb4480ab3afb9a0169387c7aa0c5d4d777702813a0613f4c96570349a44498"
