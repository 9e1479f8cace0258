"""The operating system's id of a machine, and where there is none."""

import pytest

from netmind_tui.model.host import Boundary
from netmind_tui.probe.machine_id import read_machine_id

ID = "5eed00000000400080000000000cafe1"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "var/lib/dbus").mkdir(parents=True)
    return tmp_path


def test_it_is_read_where_systemd_keeps_it(root):
    (root / "etc/machine-id").write_text(f"{ID}\n")
    assert read_machine_id((), root) == ID


def test_older_systems_keep_it_elsewhere(root):
    (root / "var/lib/dbus/machine-id").write_text(f"{ID}\n")
    assert read_machine_id((Boundary.VM,), root) == ID


@pytest.mark.parametrize("text", ["", "uninitialized\n", "0" * 32, "not hexadecimal at all, but 32 si", ID + "00"])
def test_what_is_no_id_is_none(root, text):
    (root / "etc/machine-id").write_text(text)
    assert read_machine_id((), root) is None


def test_a_machine_without_the_file_has_none(tmp_path):
    assert read_machine_id((), tmp_path) is None


def test_in_a_container_it_would_be_that_of_the_image(root):
    (root / "etc/machine-id").write_text(f"{ID}\n")
    assert read_machine_id({Boundary.CONTAINER: "docker"}, root) is None
