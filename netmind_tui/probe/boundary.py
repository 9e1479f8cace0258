"""What stands between this process and the bare machine: a container, WSL, a virtual machine."""

import re
from pathlib import Path

from netmind_tui.model.host import Boundary
from netmind_tui.probe.kernelfile import read_text
from netmind_tui.probe.mount import read_mounts

_CONTAINER_CGROUPS = (
    (re.compile(r"kubepods"), "kubernetes"),
    (re.compile(r"/libpod[-_]"), "podman"),
    (re.compile(r"/docker[-/]"), "docker"),
    (re.compile(r"/(lxc|lxc\.payload)[./]"), "lxc"),
    (re.compile(r"/(cri-)?containerd[-/]|/crio-"), "containerd"),
    (re.compile(r"/machine\.slice/machine-"), "systemd-nspawn"),
)
_CONTAINER_STORES = (("/docker/", "docker"), ("containerd", "containerd"), ("/containers/storage/", "podman"))

# Makers and products that exist only as virtual machines, as systemd's detect-virt and cloud-init know them.
_VIRTUAL_HARDWARE = (
    ("amazon ec2", "amazon-ec2"),
    ("google compute engine", "google-compute-engine"),
    ("alibaba cloud ecs", "alibaba-ecs"),
    ("droplet", "digitalocean"),
    ("vserver", "hetzner"),
    ("openstack", "openstack"),
    ("kubevirt", "kubevirt"),
    ("vmware", "vmware"),
    ("virtualbox", "virtualbox"),
    ("innotek", "virtualbox"),
    ("parallels", "parallels"),
    ("apple virtualization", "apple-virtualization"),
    ("bhyve", "bhyve"),
    ("bochs", "bochs"),
    ("virtual machine", "hyper-v"),
    ("xen", "xen"),
    ("qemu", "kvm"),
    ("rhev", "kvm"),
    ("kvm", "kvm"),
)
_CLOCK_SOURCES = (("kvm-clock", "kvm"), ("hyperv", "hyper-v"), ("xen", "xen"))
_UNKNOWN = "unknown"


def find_boundaries(root: Path) -> dict[Boundary, str]:
    """The boundaries around this process with a name each, innermost first; ``unknown`` where one shows but not which.

    WSL 2 runs in a small virtual machine of Windows: that machine is part of it, and not listed again.
    """
    found: dict[Boundary, str] = {}
    container = _container(root)
    if container is not None:
        found[Boundary.CONTAINER] = container
    wsl = _wsl(root)
    if wsl is not None:
        found[Boundary.WSL] = wsl
        return found
    machine = _virtual_machine(root)
    if machine is not None:
        found[Boundary.VM] = machine
    return found


def _container(root: Path) -> str | None:
    if (root / "var/run/secrets/kubernetes.io").exists() or (root / "run/secrets/kubernetes.io").exists():
        return "kubernetes"
    cgroup = read_text(root / "proc/1/cgroup").value or ""
    for pattern, name in _CONTAINER_CGROUPS:
        if pattern.search(cgroup):
            return name
    # Only root may read the environment of process 1; systemd leaves its ``container`` variable in a file.
    environment = (read_text(root / "proc/1/environ").value or "").split("\0")
    told = next((entry.removeprefix("container=") for entry in environment if entry.startswith("container=")), "")
    told = told or read_text(root / "run/systemd/container").value or ""
    if told:
        return "docker" if told == "oci" and (root / ".dockerenv").exists() else told
    if (root / "run/.containerenv").exists():
        return "podman"
    if (root / ".dockerenv").exists():
        return "docker"
    return _container_by_root_file_system(root)


def _container_by_root_file_system(root: Path) -> str | None:
    layers = [mount.options for mount in read_mounts(root) if mount.point == "/" and mount.file_system == "overlay"]
    return next((name for store, name in _CONTAINER_STORES for layer in layers if store in layer), None)


def _wsl(root: Path) -> str | None:
    release = read_text(root / "proc/sys/kernel/osrelease").value or ""
    if "microsoft" in release.lower():
        # WSL 1 translates system calls and calls itself 4.4.0-…-Microsoft; WSL 2 has a kernel of its own.
        return "wsl1" if release.endswith("-Microsoft") else "wsl2"
    # A kernel that the owner built has any name, and still hands Windows programs over.
    return "wsl2" if (root / "proc/sys/fs/binfmt_misc/WSLInterop").exists() else None


def _virtual_machine(root: Path) -> str | None:
    hypervisor = read_text(root / "sys/hypervisor/type").value
    if hypervisor:
        # The first domain of Xen owns the hardware.
        owns = "control_d" in (read_text(root / "proc/xen/capabilities").value or "")
        return None if owns else hypervisor.lower()
    named = _named_by_firmware(root)
    flag = re.search(r"^flags\s*:.*\shypervisor(\s|$)", read_text(root / "proc/cpuinfo").value or "", re.MULTILINE)
    if flag is None:
        return named
    return named or _named_by_clock(root) or _UNKNOWN


def _named_by_firmware(root: Path) -> str | None:
    firmware = root / "sys/class/dmi/id"
    words = " ".join(read_text(firmware / name).value or "" for name in ("sys_vendor", "product_name")).lower()
    if re.search(r"\bmetal\b", words):  # Amazon's bare machines bear the name of its virtual ones
        return None
    named = next((name for mark, name in _VIRTUAL_HARDWARE if mark in words), None)
    if named == "hyper-v" and "microsoft" not in words:
        return _UNKNOWN
    return named


def _named_by_clock(root: Path) -> str | None:
    sources = read_text(root / "sys/devices/system/clocksource/clocksource0/available_clocksource").value or ""
    return next((name for mark, name in _CLOCK_SOURCES if mark in sources), None)
