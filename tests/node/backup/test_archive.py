"""Archives that nobody should trust: what is no plain file under a plain name is not even looked into."""

import gzip
import io
import tarfile

import pytest

from netmind_tui.model.problem import Problem
from netmind_tui.node.backup.archive import reading, writing


def read_all(path):
    found = {}
    with reading(path) as archive:
        while (header := archive.next()) is not None:
            found[header[0]] = b"".join(archive.pieces(header[1]))
    return found


def refused(path):
    with pytest.raises(Problem) as caught:
        read_all(path)
    assert caught.value.code == 2
    assert str(path) in caught.value.sentence
    return caught.value.sentence


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.backup"


def made_by_tar(path, *members, form=tarfile.USTAR_FORMAT):
    with tarfile.open(path, "w:gz", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))


def info(name, kind=tarfile.REGTYPE, size=0, link=""):
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, size, link
    return made


def test_what_is_written_is_read_here_and_by_tar(path):
    files = {"a/b": b"x" * 1000, "c": b"", "d": b"y" * 512}
    with path.open("wb") as file, writing(file, 1_700_000_000) as archive:
        for name, data in files.items():
            archive.add(name, len(data), iter([data]))
    assert read_all(path) == files
    with tarfile.open(path) as archive:
        assert archive.getnames() == list(files)
        assert {each.mode for each in archive} == {0o600}


@pytest.mark.parametrize("pieces", [[b"12"], [b"1234"], []])
def test_a_file_that_changes_while_it_is_read_is_noticed(path, pieces):
    with path.open("wb") as file, pytest.raises(ValueError, match="a"), writing(file, 0) as archive:
        archive.add("a", 3, iter(pieces))


@pytest.mark.parametrize(
    "member",
    [
        info("a", tarfile.SYMTYPE, link="/etc/passwd"),
        info("a", tarfile.LNKTYPE, link="/etc/passwd"),
        info("a", tarfile.CHRTYPE),
        info("a", tarfile.BLKTYPE),
        info("a", tarfile.FIFOTYPE),
        info("a", tarfile.DIRTYPE),
    ],
)
def test_links_devices_and_folders_are_refused(path, member):
    made_by_tar(path, (member, b""))
    assert "no plain file" in refused(path)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_headers_that_would_be_read_whole_before_anybody_bounds_them_are_refused(path, form):
    made_by_tar(path, (info("x" * 300), b""), form=form)
    assert "no plain file" in refused(path)


def test_cut_short_anywhere_it_says_so(path):
    with path.open("wb") as file, writing(file, 0) as archive:
        archive.add("a", 2000, iter([bytes(range(250)) * 8]))
    data = path.read_bytes()
    for length in range(1, len(data), 23):
        path.write_bytes(data[:length])
        assert "nothing was changed" in refused(path)
    plain = gzip.decompress(data)
    path.write_bytes(gzip.compress(plain[:1500], mtime=0))
    assert "cut short" in refused(path)


def test_what_follows_its_end_is_refused(path):
    made_by_tar(path, (info("a", size=1), b"x"))
    plain = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(plain + b"more".ljust(512, b"\0"), mtime=0))
    assert "something follows" in refused(path)
    path.write_bytes(gzip.compress(plain + bytes(2 << 20), mtime=0))
    assert "something follows" in refused(path)


def test_a_bomb_costs_no_more_than_what_was_asked_for(path):
    with gzip.open(path, "wb") as file:
        file.write(info("manifest.json", size=1 << 33).tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            file.write(bytes(1 << 20))
    with reading(path) as archive, pytest.raises(Problem, match="larger than 4096 bytes"):
        archive.whole("manifest.json", 4096)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"PK\3\4" * 200, gzip.compress(b"x" * 600, mtime=0), gzip.compress(b"", mtime=0)]
)
def test_what_is_no_archive_is_refused(path, data):
    path.write_bytes(data)
    refused(path)


def test_a_folder_a_pipe_and_nothing_are_refused(path, tmp_path):
    assert "there is no such file" in refused(path)
    path.mkdir()
    assert "it is a folder" in refused(path)
