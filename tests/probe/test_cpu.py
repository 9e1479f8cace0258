import pytest

from netmind_tui.model.host import Cache
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe.cpu import clock_mhz, read_cpu

CPUS = "sys/devices/system/cpu"


def read(root, machine="x86_64", quota=None):
    return read_cpu(root, machine, quota_cores=quota, fallback_cores=3)


def test_an_intel_server_is_described_in_full(machine):
    cpu = read(machine("intel"))

    assert cpu.name == "INTEL(R) XEON(R) GOLD 6530"
    assert (cpu.vendor, cpu.family, cpu.model) == ("GenuineIntel", 6, 143)
    assert (cpu.physical_cores, cpu.logical_cores, cpu.usable_cores) == (4, 8, 8.0)
    assert cpu.features == (
        "fma",
        "avx2",
        "avx_vnni",
        "avx512f",
        "avx512_vnni",
        "avx512_bf16",
        "avx512_fp16",
        "amx_tile",
        "amx_int8",
        "amx_bf16",
    )
    assert cpu.caches == (
        Cache(level=1, kind="data", size_bytes=48 << 10, shared_by=2),
        Cache(level=1, kind="instruction", size_bytes=32 << 10, shared_by=2),
        Cache(level=2, kind="unified", size_bytes=2 << 20, shared_by=2),
        Cache(level=3, kind="unified", size_bytes=160 << 20, shared_by=8),
    )
    assert cpu.clock_max_mhz == 4000.0
    assert cpu.governor == "performance"
    assert cpu.absent == {}


def test_what_a_virtual_machine_hides_is_absent_and_not_zero(machine):
    cpu = read(machine("amd-vm"))

    assert cpu.name == "AMD EPYC 9654"
    assert cpu.features == ("fma", "avx2", "avx512f", "avx512_vnni")
    assert (cpu.clock_max_mhz, cpu.governor, cpu.caches) == (None, None, ())
    assert cpu.absent == dict.fromkeys(("caches", "clock_max_mhz", "governor"), Absence.NOT_SUPPORTED)


def test_arm_cores_get_their_name_from_their_numbers(machine):
    cpu = read(machine("arm"), "aarch64")

    assert (cpu.name, cpu.vendor, cpu.model) == ("Neoverse-V1", "ARM", 0xD40)
    assert cpu.features == ("asimd", "asimddp", "i8mm", "bf16", "sve")
    assert (cpu.physical_cores, cpu.architecture) == (4, "aarch64")


def test_big_and_little_cores_are_both_named(machine):
    core = "processor\t: {}\nFeatures\t: asimd\nCPU implementer\t: 0x41\nCPU part\t: {}\n\n"
    text = "".join(core.format(number, part) for number, part in enumerate(["0xd05", "0xd05", "0xd0b", "0xfff"]))

    assert (
        read(machine("arm", {"proc/cpuinfo": text}), "aarch64").name == "Cortex-A55 + Cortex-A76 + Arm core 0x41:0xfff"
    )


def test_old_arm_kernels_print_the_numbers_once_for_all(machine):
    text = "processor\t: 0\n\nprocessor\t: 1\n\nFeatures\t: asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n"
    cpu = read(machine("arm", {"proc/cpuinfo": text}), "aarch64")

    assert (cpu.name, cpu.logical_cores, cpu.features) == ("Cortex-A72", 2, ("asimd",))


@pytest.mark.parametrize(
    ("allowed", "quota", "usable"),
    [
        ("0-7", None, 8.0),
        ("0-7", 1.5, 1.5),
        ("0,3", None, 2.0),
        ("0,3", 6.0, 2.0),
        ("0-4095", None, 8.0),
        ("x", None, 8.0),
    ],
)
def test_usable_cores_are_what_affinity_and_quota_leave(machine, allowed, quota, usable):
    root = machine("intel", {"proc/self/status": f"Name:\tx\nCpus_allowed_list:\t{allowed}\n"})

    assert read(root, quota=quota).usable_cores == usable


def test_the_clock_is_the_mean_over_cores_spread_across_the_machine(machine):
    clocks = {f"{CPUS}/cpufreq/policy{n}/scaling_cur_freq": f"{1000000 + 1000 * n}" for n in range(64)}

    assert clock_mhz(machine("intel")) == Reading(2600.0)
    # Every fourth of 64 is read: 0, 4 … 60, whose mean is 30.
    assert clock_mhz(machine("intel", clocks)) == Reading(1030.0)


def test_mixed_governors_are_all_named(machine):
    root = machine("intel", {f"{CPUS}/cpufreq/policy1/scaling_governor": "powersave"})

    assert read(root).governor == "performance+powersave"


@pytest.mark.parametrize(
    "garbage", ["", "\n\n\n", ":::\n\0\0", "processor : x\nflags", "processor\t: 0\nmodel\t: ∞\nflags\t:\n"]
)
def test_a_garbage_cpuinfo_costs_only_what_it_would_have_said(machine, garbage):
    cpu = read(machine("intel", {"proc/cpuinfo": garbage}))

    assert (cpu.name, cpu.vendor, cpu.model, cpu.features) == (None, None, None, ())
    assert cpu.logical_cores in {1, 3}
    assert cpu.clock_max_mhz == 4000.0
    assert {"name", "vendor", "family", "model", "features"} <= set(cpu.absent)


def test_a_garbage_cache_is_left_out_and_the_others_stay(machine):
    cpu = read(machine("intel", {f"{CPUS}/cpu0/cache/index3/size": "large", f"{CPUS}/cpu0/cache/index0/level": "-"}))

    assert [(cache.level, cache.kind) for cache in cpu.caches] == [(1, "instruction"), (2, "unified")]
