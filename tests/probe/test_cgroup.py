import pytest

from netmind_tui.probe.cgroup import Limits, read_limits

GIB = 1 << 30
V2 = "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"


def group(folder, **files):
    return {f"sys/fs/cgroup/{folder}{name}": text for name, text in files.items()}


def v2(*parts):
    files = {"proc/self/cgroup": "0::/a.slice/b.service\n", "proc/self/mountinfo": V2}
    for folder, limit, used in parts:
        files |= {
            f"sys/fs/cgroup/{folder}memory.max": f"{limit}\n",
            f"sys/fs/cgroup/{folder}memory.current": f"{used}\n",
        }
    return files


def test_a_machine_without_limits_has_none(machine):
    assert read_limits(machine("intel")) == Limits()


def test_a_container_with_limits_sees_them_and_counts_cache_as_free(machine):
    limits = read_limits(machine("docker"))

    assert limits == Limits(memory_limit_bytes=4 * GIB, memory_left_bytes=2 * GIB, cpu_cores=1.5)


def test_the_tightest_level_of_the_hierarchy_holds(machine):
    root = machine(
        "intel", v2(("a.slice/b.service/", 8 * GIB, 1 * GIB), ("a.slice/", 6 * GIB, 5 * GIB), ("", "max", 9))
    )

    limits = read_limits(root)

    # The parent is smaller, and its other children have used most of it.
    assert (limits.memory_limit_bytes, limits.memory_left_bytes) == (6 * GIB, 1 * GIB)


def test_a_level_that_used_more_than_its_limit_leaves_nothing(machine):
    assert read_limits(machine("intel", v2(("a.slice/", GIB, 2 * GIB)))).memory_left_bytes == 0


def test_the_high_mark_counts_as_a_limit(machine):
    files = v2(("a.slice/", "max", GIB)) | {"sys/fs/cgroup/a.slice/memory.high": f"{3 * GIB}"}

    assert read_limits(machine("intel", files)).memory_limit_bytes == 3 * GIB


def test_quotas_of_all_levels_are_compared(machine):
    files = v2() | {
        "sys/fs/cgroup/a.slice/b.service/cpu.max": "max 100000\n",
        "sys/fs/cgroup/a.slice/cpu.max": "50000 20000\n",
    }

    assert read_limits(machine("intel", files)).cpu_cores == 2.5


V1 = (
    "31 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 25 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "33 25 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)


def test_version_one_and_hybrid_set_ups_are_read(machine):
    files = {
        "proc/self/cgroup": "5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/docker/x\n",
        "proc/self/mountinfo": V1,
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": f"{2 * GIB}\n",
        "sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes": f"{GIB}\n",
        "sys/fs/cgroup/memory/docker/x/memory.stat": f"inactive_file 7\ntotal_inactive_file {GIB // 2}\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "250000\n",
        "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n",
    }

    assert read_limits(machine("intel", files)) == Limits(
        memory_limit_bytes=2 * GIB, memory_left_bytes=GIB + GIB // 2, cpu_cores=2.5
    )


@pytest.mark.parametrize(
    ("subtree", "group"),
    [("/docker/x", "/docker/x"), ("/../..", "/"), ("/", "/../../elsewhere"), ("/other", "/docker/x")],
)
def test_a_container_that_sees_part_of_the_tree_looks_from_its_top(machine, subtree, group):
    files = {
        "proc/self/cgroup": f"5:memory:{group}\n",
        "proc/self/mountinfo": f"32 25 0:28 {subtree} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}\n",
    }

    assert read_limits(machine("intel", files)).memory_limit_bytes == GIB


def test_blanks_in_mount_points_are_unescaped(machine):
    files = {
        "proc/self/cgroup": "0::/\n",
        "proc/self/mountinfo": "30 25 0:26 / /sys/fs/c\\040g rw - cgroup2 cgroup2 rw\n",
        "sys/fs/c g/memory.max": f"{GIB}\n",
    }

    assert read_limits(machine("intel", files)).memory_limit_bytes == GIB


@pytest.mark.parametrize("garbage", ["", "many", "-5", "1e9", "\0\xff", "9" * 400])
def test_garbage_is_no_limit(machine, garbage):
    files = v2(("a.slice/", garbage, garbage)) | {"sys/fs/cgroup/a.slice/cpu.max": f"{garbage} 0"}

    assert read_limits(machine("intel", files)) == Limits()


@pytest.mark.parametrize("garbage", ["", "x", "1 2 3 - cgroup2", "- - -", "a b c / /x rw - cgroup2 c rw"])
def test_a_garbage_mount_table_is_no_limit(machine, garbage):
    assert read_limits(machine("docker", {"proc/self/mountinfo": garbage})) == Limits()
