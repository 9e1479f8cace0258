"""Whole machines as the files that Linux shows of them: each is a table from a path to what stands in it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

GIB = 1 << 30


def cpuinfo_x86(count: int, name: str, vendor: str, family: int, model: int, flags: str, *, threads: int = 2) -> str:
    blocks = [
        f"processor\t: {number}\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\n"
        f"model name\t: {name}\nphysical id\t: 0\ncore id\t\t: {number % (count // threads)}\n"
        f"flags\t\t: fpu {flags} sse2\n"
        for number in range(count)
    ]
    return "\n".join(blocks)


def cpuinfo_arm(count: int, implementer: str, part: str, features: str) -> str:
    blocks = [
        f"processor\t: {number}\nBogoMIPS\t: 2100.00\nFeatures\t: {features}\nCPU implementer\t: {implementer}\n"
        f"CPU architecture: 8\nCPU variant\t: 0x1\nCPU part\t: {part}\nCPU revision\t: 1\n"
        for number in range(count)
    ]
    return "\n".join(blocks)


def meminfo(total_gib: int, available_gib: int, swap_gib: int = 0) -> str:
    return (
        f"MemTotal:       {total_gib << 20} kB\nMemFree:        1024 kB\nMemAvailable:   {available_gib << 20} kB\n"
        f"Cached:         2048 kB\nSwapTotal:      {swap_gib << 20} kB\n"
    )


def cache(cpu: int, index: int, level: int, kind: str, size: str, shared: str) -> dict[str, str]:
    folder = f"sys/devices/system/cpu/cpu{cpu}/cache/index{index}"
    return {f"{folder}/level": f"{level}\n", f"{folder}/type": f"{kind}\n", f"{folder}/size": f"{size}\n"} | {
        f"{folder}/shared_cpu_list": f"{shared}\n"
    }


def _common(hostname: str, kernel: str, cpus: str, system: str) -> dict[str, str]:
    return {
        "proc/self/status": f"Name:\tpython\nCpus_allowed_list:\t{cpus}\n",
        "proc/self/cgroup": "0::/user.slice\n",
        "proc/self/mountinfo": "30 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n",
        "proc/1/cgroup": "0::/init.scope\n",
        "proc/stat": "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 0 1 7 1 0 0 0 0 0\nbtime 1700000000\n",
        "proc/loadavg": "0.52 0.58 0.59 1/977 12345\n",
        "proc/sys/kernel/hostname": f"{hostname}\n",
        "proc/sys/kernel/osrelease": f"{kernel}\n",
        "etc/os-release": f'NAME="x"\nPRETTY_NAME="{system}"\n',
    }


SAPPHIRE_RAPIDS = (
    _common("forge", "6.8.0-51-generic", "0-7", "Ubuntu 24.04.1 LTS")
    | {
        "proc/cpuinfo": cpuinfo_x86(
            8,
            "INTEL(R) XEON(R)  GOLD 6530",
            "GenuineIntel",
            6,
            143,
            "fma avx2 avx512f avx_vnni avx512_vnni avx512_bf16 avx512_fp16 amx_tile amx_int8 amx_bf16",
        ),
        "proc/meminfo": meminfo(256, 200, 8),
        "sys/class/dmi/id/sys_vendor": "Dell Inc.\n",
        "sys/class/dmi/id/product_name": "PowerEdge R760\n",
        "sys/class/power_supply/.keep": "",
        "sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "performance\n",
        "sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq": "4000000\n",
        "sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq": "2100000\n",
        "sys/devices/system/cpu/cpufreq/policy1/scaling_governor": "performance\n",
        "sys/devices/system/cpu/cpufreq/policy1/cpuinfo_max_freq": "3800000\n",
        "sys/devices/system/cpu/cpufreq/policy1/scaling_cur_freq": "3100000\n",
        "sys/class/hwmon/hwmon0/name": "nvme\n",
        "sys/class/hwmon/hwmon0/temp1_input": "99000\n",
        "sys/class/hwmon/hwmon1/name": "coretemp\n",
        "sys/class/hwmon/hwmon1/temp1_label": "Package id 0\n",
        "sys/class/hwmon/hwmon1/temp1_input": "61000\n",
        "sys/class/hwmon/hwmon1/temp2_label": "Core 0\n",
        "sys/class/hwmon/hwmon1/temp2_input": "75000\n",
        "sys/class/powercap/intel-rapl:0/name": "package-0\n",
        "sys/class/powercap/intel-rapl:0/energy_uj": "5000000\n",
        "sys/class/powercap/intel-rapl:0/max_energy_range_uj": "262143328850\n",
        "sys/class/powercap/intel-rapl:0:0/name": "dram\n",
        "sys/class/powercap/intel-rapl:0:0/energy_uj": "70000000\n",
        "sys/class/powercap/intel-rapl:1/name": "package-1\n",
        "sys/class/powercap/intel-rapl:1/energy_uj": "2000000\n",
        "sys/class/powercap/intel-rapl:1/max_energy_range_uj": "262143328850\n",
        "sys/class/powercap/intel-rapl:2/name": "psys\n",
        "sys/class/powercap/intel-rapl:2/energy_uj": "900000000\n",
    }
    | cache(0, 0, 1, "Data", "48K", "0,4")
    | cache(0, 1, 1, "Instruction", "32K", "0,4")
    | cache(0, 2, 2, "Unified", "2048K", "0,4")
    | cache(0, 3, 3, "Unified", "160M", "0-7")
)

EPYC_KVM = _common("node-7", "6.1.0-28-amd64", "0-3", "Debian GNU/Linux 12 (bookworm)") | {
    "proc/cpuinfo": cpuinfo_x86(
        4, "AMD EPYC 9654", "AuthenticAMD", 25, 17, "fma avx2 avx512f avx512_vnni hypervisor", threads=1
    ),
    "proc/meminfo": meminfo(64, 60),
    "sys/class/dmi/id/sys_vendor": "QEMU\n",
    "sys/class/dmi/id/product_name": "Standard PC (Q35 + ICH9, 2009)\n",
    "sys/class/power_supply/.keep": "",
}

GRAVITON = (
    _common("ip-10-0-0-7", "6.8.0-1021-aws", "0-3", "Amazon Linux 2023")
    | {
        "proc/cpuinfo": cpuinfo_arm(4, "0x41", "0xd40", "fp asimd crc32 atomics asimddp sve i8mm bf16"),
        "proc/meminfo": meminfo(16, 15),
        "sys/class/dmi/id/sys_vendor": "Amazon EC2\n",
        "sys/class/dmi/id/product_name": "c7g.xlarge\n",
    }
    | {f"sys/devices/system/cpu/cpu{number}/topology/core_cpus_list": f"{number}\n" for number in range(4)}
)

WSL2 = _common("DESKTOP-1", "5.15.167.4-microsoft-standard-WSL2", "0-15", "Ubuntu 22.04.5 LTS") | {
    "proc/cpuinfo": cpuinfo_x86(
        16, "AMD Ryzen 7 7800X3D 8-Core Processor", "AuthenticAMD", 25, 97, "fma avx2 avx512f hypervisor"
    ),
    "proc/meminfo": meminfo(16, 14, 4),
}

DOCKER = SAPPHIRE_RAPIDS | {
    ".dockerenv": "",
    "proc/1/cgroup": "0::/\n",
    "proc/self/cgroup": "0::/\n",
    "proc/self/mountinfo": (
        "600 500 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/u\n"
        "601 600 0:52 / /proc rw,nosuid - proc proc rw\n"
        "602 600 0:29 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n"
        "603 600 259:2 /var/lib/docker/containers/x/hosts /etc/hosts rw - ext4 /dev/nvme0n1p2 rw\n"
        "604 600 259:2 /srv/models /models rw - ext4 /dev/nvme0n1p2 rw\n"
    ),
    "etc/hosts": "127.0.0.1 localhost\n",
    "models/.keep": "",
    "sys/fs/cgroup/memory.max": f"{4 * GIB}\n",
    "sys/fs/cgroup/memory.high": "max\n",
    "sys/fs/cgroup/memory.current": f"{3 * GIB}\n",
    "sys/fs/cgroup/memory.stat": f"anon 1\nfile 2\ninactive_file {1 * GIB}\n",
    "sys/fs/cgroup/cpu.max": "150000 100000\n",
}

LAPTOP = SAPPHIRE_RAPIDS | {
    "proc/self/mountinfo": (
        "30 1 259:2 / / rw,relatime - btrfs /dev/nvme0n1p2 rw,subvol=/@\n"
        "31 30 259:2 /@home /home rw,relatime - btrfs /dev/nvme0n1p2 rw,subvol=/@home\n"
        "32 30 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro\n"
        "33 30 0:99 / /mnt/nas rw - nfs4 nas:/export rw\n"
        "34 30 0:98 / /run rw - tmpfs tmpfs rw\n"
    ),
    "home/.keep": "",
    "sys/class/power_supply/AC/type": "Mains\n",
    "sys/class/power_supply/AC/online": "0\n",
    "sys/class/power_supply/BAT0/type": "Battery\n",
    "sys/class/power_supply/BAT0/present": "1\n",
    "sys/class/power_supply/BAT0/status": "Discharging\n",
    "sys/class/power_supply/BAT0/capacity": "63\n",
    "sys/class/power_supply/hidpp_battery_0/type": "Battery\n",
    "sys/class/power_supply/hidpp_battery_0/scope": "Device\n",
    "sys/class/power_supply/hidpp_battery_0/capacity": "5\n",
}

MACHINES = {
    "intel": SAPPHIRE_RAPIDS,
    "amd-vm": EPYC_KVM,
    "arm": GRAVITON,
    "wsl": WSL2,
    "docker": DOCKER,
    "laptop": LAPTOP,
}


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Path]:
    """Lay out a machine by name, with changes: a path and its text, or ``None`` for a file that is not there."""

    def lay_out(name: str, changes: Mapping[str, str | None] | None = None) -> Path:
        root = tmp_path / "machine"
        for path, text in (MACHINES[name] | dict(changes or {})).items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
        return root

    return lay_out
