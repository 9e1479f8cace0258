import pytest

from netmind_tui.ledger.rate.file import read_cards
from netmind_tui.ledger.rate.level import level_of
from netmind_tui.model.rate import Unrated

MIB = 1 << 20
(CARD,), _ = read_cards("netmind-power")

# As NVML tells them: the name, the memory in MiB, the level.
LISTED = [
    ("GeForce GTX 1060 6GB", 6078, "1"),
    ("NVIDIA GeForce GTX 1660 Ti", 5944, "1"),
    ("NVIDIA GeForce GTX 1080", 8192, "1"),
    ("NVIDIA GeForce RTX 2060 SUPER", 8192, "2"),
    ("NVIDIA GeForce RTX 3060", 12288, "2"),
    ("NVIDIA GeForce GTX 1080 Ti", 11264, "2"),
    ("NVIDIA TITAN Xp", 12288, "2"),
    ("GeForce RTX 2080 Ti", 11019, "3"),
    ("Quadro RTX 6000", 22698, "3"),
    ("NVIDIA GeForce RTX 3080", 10240, "3"),
    ("NVIDIA GeForce RTX 3090 Ti", 24564, "4"),
    ("Tesla V100-SXM2-16GB", 16160, "4"),
    ("Tesla V100-PCIE-32GB", 32510, "4"),
    ("NVIDIA GeForce RTX 4090", 24564, "5"),
    ("NVIDIA A100-SXM4-40GB", 40536, "5"),
    ("NVIDIA A100 80GB PCIe", 81920, "5"),
]
# Near to one that is listed, and another one.
UNLISTED = [
    ("NVIDIA GeForce GTX 1060 3GB", 3072),
    ("NVIDIA GeForce RTX 2060", 6144),
    ("NVIDIA GeForce RTX 3060", 8192),
    ("NVIDIA GeForce RTX 3060 Laptop GPU", 6144),
    ("NVIDIA GeForce RTX 3070 Ti", 8192),
    ("NVIDIA GeForce RTX 3080", 12288),
    ("NVIDIA GeForce RTX 4090 D", 24564),
    ("NVIDIA RTX 6000 Ada Generation", 49140),
    ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", 4864),
    ("NVIDIA H100 80GB HBM3", 81559),
    ("Tesla M60", 8129),
    ("", 24564),
]


@pytest.mark.parametrize(("name", "mib", "level"), LISTED)
def test_a_device_that_is_listed_has_its_level(name, mib, level):
    found = level_of(CARD, name, mib * MIB)
    assert found is not None
    assert found.name == level


@pytest.mark.parametrize(("name", "mib"), UNLISTED)
def test_a_device_that_is_not_listed_has_no_level_however_near_another_is(name, mib):
    assert level_of(CARD, name, mib * MIB) is None


def test_a_device_without_a_name_or_a_memory_that_can_be_read_has_no_level():
    assert level_of(CARD, None, 24564 * MIB) is None
    assert level_of(CARD, "NVIDIA GeForce RTX 4090", None) is None


def test_an_unlisted_device_is_unlisted_even_where_the_owner_entered_rates_of_all_levels(book, work):
    rates = "".join(
        f'[[rate]]\ncard = "netmind-power"\nlevel = "{level}"\nper = "device-hour"\namount = "1 NMT"\nfrom = 2026-11-01\n'  # noqa: E501
        for level in "12345"
    )
    declared = {"declared_on": "2026-11-01", "declared": {"download_mbps": 500.0}}
    rated = book(rates, rate_card="netmind-power", **declared).rated(work(name="NVIDIA H100 80GB HBM3", gib=79.6))
    assert (rated.unrated, rated.asset) == (Unrated.UNLISTED, None)
    assert rated.basis["why"].startswith("netmind-power lists no NVIDIA H100 80GB HBM3 with 79.6 GiB")
