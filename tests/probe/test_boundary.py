import pytest

from netmind_tui.model.host import Boundary
from netmind_tui.probe.boundary import find_boundaries

CONTAINER, WSL, VM = Boundary.CONTAINER, Boundary.WSL, Boundary.VM


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("intel", {}),
        ("laptop", {}),
        ("amd-vm", {VM: "kvm"}),
        ("arm", {VM: "amazon-ec2"}),
        ("wsl", {WSL: "wsl2"}),
        ("docker", {CONTAINER: "docker"}),
    ],
)
def test_every_machine_shows_what_stands_around_it(machine, name, found):
    assert find_boundaries(machine(name)) == found


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"proc/1/cgroup": "12:memory:/kubepods/burstable/pod1/c\n"}, "kubernetes"),
        ({"run/secrets/kubernetes.io/serviceaccount/token": "x"}, "kubernetes"),
        ({"proc/1/cgroup": "0::/machine.slice/libpod-a1.scope\n"}, "podman"),
        ({"proc/1/cgroup": "9:cpu:/docker/a1b2\n"}, "docker"),
        ({"proc/1/cgroup": "0::/system.slice/docker-a1b2.scope\n"}, "docker"),
        ({"proc/1/cgroup": "0::/lxc.payload.ct1/init.scope\n"}, "lxc"),
        ({"proc/1/environ": "PATH=/bin\0container=lxc\0TERM=x\0"}, "lxc"),
        ({"run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
        ({"run/.containerenv": ""}, "podman"),
        ({"proc/self/mountinfo": "1 0 0:5 / / rw - overlay overlay rw,lowerdir=/var/lib/containerd/x\n"}, "containerd"),
    ],
)
def test_every_kind_of_container_leaves_its_mark(machine, files, name):
    assert find_boundaries(machine("intel", files)) == {CONTAINER: name}


def test_a_host_that_runs_containers_is_none(machine):
    files = {
        "proc/1/cgroup": "0::/init.scope\n",
        "proc/self/cgroup": "0::/system.slice/docker.service\n",
        "proc/self/mountinfo": "1 0 0:5 / /var/lib/docker/x rw - overlay overlay rw,lowerdir=/var/lib/docker/l\n",
    }

    assert find_boundaries(machine("intel", files)) == {}


def test_a_live_system_on_an_overlay_is_no_container(machine):
    files = {"proc/self/mountinfo": "1 0 0:5 / / rw - overlay cow rw,lowerdir=/run/live/rootfs\n"}

    assert find_boundaries(machine("intel", files)) == {}


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"proc/sys/kernel/osrelease": "4.4.0-19041-Microsoft"}, "wsl1"),
        ({"proc/sys/kernel/osrelease": "6.6.75-mine", "proc/sys/fs/binfmt_misc/WSLInterop": "enabled"}, "wsl2"),
    ],
)
def test_wsl_is_known_in_both_versions_and_with_a_kernel_of_the_owners(machine, files, name):
    assert find_boundaries(machine("wsl", files)) == {WSL: name}


def test_a_container_under_wsl_has_two_boundaries(machine):
    assert find_boundaries(machine("wsl", {".dockerenv": ""})) == {CONTAINER: "docker", WSL: "wsl2"}


@pytest.mark.parametrize(
    ("vendor", "product", "name"),
    [
        ("Amazon EC2", "g5.xlarge", "amazon-ec2"),
        ("Google", "Google Compute Engine", "google-compute-engine"),
        ("Microsoft Corporation", "Virtual Machine", "hyper-v"),
        ("VMware, Inc.", "VMware7,1", "vmware"),
        ("innotek GmbH", "VirtualBox", "virtualbox"),
        ("Supermicro", "SYS-421GE", "kvm"),
        (None, None, "kvm"),
    ],
)
def test_a_hypervisor_is_named_by_its_firmware_or_else_by_its_clock(machine, vendor, product, name):
    files = {
        "sys/class/dmi/id/sys_vendor": vendor,
        "sys/class/dmi/id/product_name": product,
        "sys/devices/system/clocksource/clocksource0/available_clocksource": "kvm-clock tsc acpi_pm\n",
    }

    assert find_boundaries(machine("amd-vm", files)) == {VM: name}


def test_a_hypervisor_that_gives_no_name_is_unknown(machine):
    hidden = dict.fromkeys(("sys/class/dmi/id/sys_vendor", "sys/class/dmi/id/product_name"))

    assert find_boundaries(machine("amd-vm", hidden)) == {VM: "unknown"}


def test_bare_metal_of_a_cloud_is_no_virtual_machine(machine):
    files = {"sys/class/dmi/id/sys_vendor": "Amazon EC2", "sys/class/dmi/id/product_name": "c7g.metal"}

    assert find_boundaries(machine("arm", files)) == {}


@pytest.mark.parametrize(("capabilities", "found"), [("", {VM: "xen"}), ("control_d\n", {})])
def test_the_first_domain_of_xen_is_the_bare_machine(machine, capabilities, found):
    files = {"sys/hypervisor/type": "xen\n", "proc/xen/capabilities": capabilities}

    assert find_boundaries(machine("intel", files)) == found


def test_an_empty_folder_has_no_boundaries(tmp_path):
    assert find_boundaries(tmp_path) == {}
