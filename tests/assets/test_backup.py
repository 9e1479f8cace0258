"""``assets/backup.md`` tells the format, and its script makes backups: both are held against the program."""

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from netmind_tui.node.backup import key
from netmind_tui.node.backup.layout import BACKUP_TYPE, Layout

TEXT = (Path(__file__).parents[2] / "assets/backup.md").read_text()
ROWS = {name for row in re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}


def test_every_part_of_a_node_has_its_row_and_nothing_else_has():
    layout = Layout.here()
    for name in layout.files:
        assert name in ROWS
    for part in layout.folders:
        assert any(row.startswith(f"{part}/") for row in ROWS), part
    parts = {name.partition("/")[0] for name in (*layout.files, *layout.folders)}
    assert {row.partition("/")[0] for row in ROWS} == parts | {"manifest.json", "manifest.sig"}


def test_types_and_parameters_are_those_of_the_program():
    assert BACKUP_TYPE in TEXT
    powers = {14: "2¹⁴"}
    assert f"N = {powers[key._N.bit_length() - 1]}, r = {key._R}, p = {key._P}" in TEXT


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_script_makes_one_a_day_and_keeps_five_and_openssl_opens_the_key(tmp_path):
    script = re.search(r"```sh\n(#!/bin/sh.*?)```", TEXT, re.DOTALL)[1]
    (tmp_path / "netmind").write_text(f'#!/bin/sh\nexec {sys.executable} -P -m netmind_tui "$@"\n')
    (tmp_path / "netmind").chmod(0o755)
    (tmp_path / "words").write_text("correct horse battery\n")
    (tmp_path / "words").chmod(0o600)
    folder = tmp_path / "kept"
    folder.mkdir()
    for day in range(1, 7):
        (folder / f"node-2026-01-0{day}.backup").touch()
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin", "PASSPHRASE": str(tmp_path / "words")}
    for _ in range(2):
        done = subprocess.run(
            ["/bin/sh", "-c", script, "backup.sh", folder], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    kept = sorted(path.name for path in folder.iterdir())
    assert kept[:4] == [f"node-2026-01-0{day}.backup" for day in (3, 4, 5, 6)]
    with tarfile.open(folder / kept[4]) as archive:
        assert "identity/node.pem" in archive.getnames()
    command = re.search(r"^tar xzOf node\.backup.*$", TEXT, re.MULTILINE)[0]
    command = command.replace("node.backup", str(folder / kept[4])) + f" -passin file:{tmp_path / 'words'}"
    opened = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert opened.stdout.startswith("-----BEGIN PRIVATE KEY-----"), opened.stderr
