"""The chain on a processor without VNNI, imitated: the same bytes, and a control shows that they need not be."""

import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
chain_bytes = import_module("chain_bytes")
sys.path.remove(str(SCRIPTS))
pytestmark = pytest.mark.skipif(
    shutil.which(chain_bytes.EMULATOR) is None, reason="qemu-x86_64 is not installed (Debian: qemu-user)"
)


@pytest.mark.parametrize("n", [256, 2048])
def test_a_processor_with_avx2_alone_gives_the_same_bytes(n):
    assert chain_bytes.emulated("Haswell", n, 0, 2, full_range=False) == (0, 2 * n)


def test_weights_of_all_eight_bits_come_out_wrong_there():
    wrong, total = chain_bytes.emulated("Haswell", 256, 0, 2, full_range=True)
    assert wrong > 0.1 * total
