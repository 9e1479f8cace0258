"""How large kernels are made whose size the suite, the owner and the free memory decide."""

import pytest

from netmind_tui.bench.permit import takeable
from netmind_tui.bench.size import PIECE_BYTES, sized
from netmind_tui.model.kernel import Provider

GIB = 2**30


@pytest.fixture
def made(catalog):
    def made(
        kernel_id, suite="quick", *, provider=Provider.CPU, share=None, total=64 * GIB, free=48 * GIB, host=8 * GIB
    ):
        kernel = catalog.kernel(kernel_id)
        (chosen,) = [each for each in catalog.suites if each.name == suite]
        (variant,) = [each for each in kernel.variants if each.provider is provider]
        return sized(
            kernel,
            variant,
            chosen,
            memory_share=share,
            total_bytes=total,
            free_bytes=free,
            limit_bytes=takeable(free),
            host_limit_bytes=takeable(host),
        ).shape["bytes"]

    return made


def test_a_suite_says_how_large_a_file_is(made):
    assert made("disk.write", "quick") == 256 * 2**20
    assert made("disk.write", "standard") == GIB


def test_short_suites_examine_a_gibibyte_and_the_long_one_a_quarter(made):
    assert made("memory.integrity", "quick") == GIB
    assert made("memory.integrity", "sustained") == 16 * GIB


@pytest.mark.parametrize(
    ("share", "free", "expected"),
    [
        (0.5, 60 * GIB, 30 * GIB),  # half of what is free comes before half of all
        (0.25, 8 * GIB, 4 * GIB),
        (0.1, 60 * GIB, int(6.4 * GIB) // PIECE_BYTES * PIECE_BYTES),
    ],
)
def test_the_owner_may_state_a_share(made, share, free, expected):
    assert made("memory.integrity", share=share, free=free) == expected


@pytest.mark.parametrize("free", [GIB, 600 * 2**20, 520 * 2**20])
def test_the_last_of_the_memory_is_never_taken(made, free):
    taken = made("memory.integrity", free=free)
    assert taken <= max(PIECE_BYTES, takeable(free))
    assert taken % PIECE_BYTES == 0


def test_buffers_of_copies_halve_until_card_and_host_hold_them(made):
    def copies(**memory):
        return made("transfer.h2d", provider=Provider.CUDA, **memory)

    assert copies() == 256 * 2**20
    assert copies(free=GIB - 200 * 2**20) == 128 * 2**20
    assert copies(host=GIB) == 128 * 2**20
    assert copies(free=0) == 16 * 2**20
