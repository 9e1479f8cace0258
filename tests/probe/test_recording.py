"""Recordings: written line by line, read as a source, cut at every byte, and damaged in every way."""

import gzip
import json
import os
import sys
import types
import typing
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmind_tui.document import decode, encode
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.host import Cpu, Host
from netmind_tui.model.info import Tool
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence
from netmind_tui.model.recording import RecordingHeader
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.probe import recording
from netmind_tui.probe.recording import (
    LONGEST_LINE_BYTES,
    RecordingEnded,
    RecordingSource,
    RecordingWriter,
    refuse_unwritable,
)
from netmind_tui.probe.sampler import MachineSource, Sampler

EXAMPLE = Path(__file__).parents[1] / "recordings/h100x8.jsonl"
HEADER = RecordingHeader(
    started_at="2026-01-01T00:00:00.000Z",
    tool=Tool(name="netmind", version="0"),
    interval_s=0.5,
    redacted=True,
    host=Host(
        hostname="host", os="x", kernel="x", python="x", cpu=Cpu(architecture="x", logical_cores=1, usable_cores=0.5)
    ),
    driver=Driver(version="580.95.05"),
    devices=(Device(id="gpu:0", kind=DeviceKind.GPU), Device(id="cpu", kind=DeviceKind.CPU)),
)
SAMPLES = tuple(
    Sample(
        at=f"2026-01-01T00:00:0{second}.000Z",
        host=HostSample(load_1m=float(second), absent={"energy_j": Absence.NO_PERMISSION}),
        devices=(DeviceSample(device="gpu:0", power_draw_w=100.5 + second, clocks_event_reasons=("gpu_idle",)),),
    )
    for second in range(3)
)
unix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of Unix")


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "a.jsonl"


def write(path, samples=SAMPLES, header=HEADER, **options):
    with RecordingWriter(path, header, **options) as writer:
        for sample in samples:
            writer.append(sample)
    return path.read_bytes()


def read(path):
    with RecordingSource(path) as source:
        return tuple(source)


def values_of(kind):
    """Any value of a field of this type that a driver or a kernel could report."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return st.one_of(*(values_of(each) for each in typing.get_args(kind)))
    if kind == tuple[str, ...]:
        return st.lists(st.text(max_size=20), max_size=3).map(tuple)
    if kind == dict[str, Absence]:
        return st.dictionaries(st.text(max_size=20), st.sampled_from(Absence), max_size=3)
    known = {int: st.integers(0, 2**63 - 1), float: st.floats(allow_nan=False, allow_infinity=False)}
    return (known | {str: st.text(max_size=20), bool: st.booleans(), type(None): st.none()})[kind]


def parts(kind):
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.datetimes(), parts(HostSample), st.lists(parts(DeviceSample), max_size=3)), max_size=3))
def test_what_is_recorded_is_read_again_to_the_last_bit(path, found):
    samples = tuple(Sample(at=f"{at.isoformat()}Z", host=host, devices=tuple(devices)) for at, host, devices in found)
    write(path, samples, replace=True)

    assert read(path) == samples


def test_the_header_says_whose_samples_follow_and_at_what_pace(path):
    write(path)
    with RecordingSource(path) as source:
        assert source.header == HEADER


def test_a_recording_ends_once_and_for_all(path):
    write(path, SAMPLES[:1])
    source = RecordingSource(path)

    assert source.sample() == SAMPLES[0]
    for _ in range(2):
        with pytest.raises(RecordingEnded):
            source.sample()
    assert (source.ended, source.notice, source.sample_count) == (True, None, 1)


def test_a_recording_without_samples_is_one(path):
    write(path, ())
    assert read(path) == ()


def test_a_sampler_runs_on_a_recording_as_on_the_machine(path, caplog):
    write(path)
    sampler = Sampler(source := RecordingSource(path))
    heard = []
    sampler.listen(heard.append)
    for _ in range(5):
        sampler.tick()

    assert sampler.history() == SAMPLES == tuple(heard)
    assert source.ended
    assert len(caplog.records) == 1


def test_a_writer_may_listen_to_a_sampler(path):
    write(path)
    again = path.with_name("b.jsonl")
    with RecordingSource(path) as source, RecordingWriter(again, HEADER) as writer:
        sampler = Sampler(source)
        sampler.listen(writer.append)
        for _ in SAMPLES:
            sampler.tick()

    assert again.read_bytes() == path.read_bytes()


def test_eight_gpus_of_which_one_falls_off_are_recorded_as_they_were_sampled(path, open_probe):
    class Still:
        def sample(self):
            return HostSample(load_1m=1.0)

    source = MachineSource(Still(), open_probe("falls-off", lost_after=2))
    samples = tuple(source.sample() for _ in range(4))
    write(path, samples)

    assert read(path) == samples
    assert [len(sample.devices) for sample in samples] == [8] * 4
    assert [sample.devices[5].power_draw_w is None for sample in samples] == [False, False, True, True]
    assert read(path)[3].devices[5].absent["power_draw_w"] is Absence.LOST


def test_a_recording_cut_anywhere_has_every_sample_that_was_whole(path):
    whole = write(path)
    ends = [end for end, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(ends[0] + 1, len(whole) + 1):
        path.write_bytes(whole[:length])
        source = RecordingSource(path)
        # A line is whole without the sign that ends it.
        count = sum(length >= end for end in ends[1:])
        assert tuple(source) == SAMPLES[:count]
        is_clean = length in ends or length - 1 in ends
        assert (source.notice is None) == is_clean
        assert is_clean or source.notice.startswith(f"{path}, line {count + 2} is cut short")


@pytest.mark.parametrize("length", [1, 30, 200])
def test_a_header_cut_short_is_refused(path, length):
    path.write_bytes(write(path)[:length])
    assert "line 1 is not valid JSON: input data was truncated; the header of a recording" in refusal(path)


def test_a_disk_that_lost_its_power_left_zeros_at_the_end(path):
    path.write_bytes(write(path) + bytes(100))
    source = RecordingSource(path)

    assert tuple(source) == SAMPLES
    assert "line 5 is cut short" in source.notice


def refusal(path):
    with pytest.raises(Problem) as caught, RecordingSource(path) as source:
        tuple(source)
    assert caught.value.code is ExitCode.USAGE
    assert str(path) in caught.value.sentence
    assert "\n" not in caught.value.sentence
    return caught.value.sentence


def changed(document, **members):
    return json.dumps(json.loads(encode(document)) | members).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty; a recording of netmind record is expected"),
        (b"\n", "is empty"),
        (b"PK\x03\x04\n", "line 1 is not valid JSON"),
        (b"[]\n", "line 1: expected schema netmind.recording/1, found none; the header of a recording"),
        (b'{"schema":"netmind.info/1"}\n', "found netmind.info/1; the header of a recording"),
        (b'{"schema":"netmind.sample/1","at":"","host":{}}\n', "found netmind.sample/1; the header of a recording"),
        (changed(HEADER, schema="netmind.recording/2"), "found netmind.recording/2; a newer netmind wrote it"),
        (changed(HEADER, host=[]), "line 1: expected `object`, got `array` - at `$.host`"),
        (changed(HEADER, interval_s="1"), "expected `float`, got `str` - at `$.interval_s`"),
        (changed(HEADER, interval_s=0), "interval_s is 0.0; a number of seconds above 0 is expected"),
        (changed(HEADER, started_at="today"), "started_at is 'today'; a time like"),
        (changed(HEADER, devices=[{"id": "gpu:0", "kind": "tpu"}]), "'tpu'"),
        (b'{"schema":"netmind.recording/1","x":' + b"[" * 100_000, "line 1 is nested too deeply"),
        (b" " * (LONGEST_LINE_BYTES + 1), "line 1: longer than any line of a recording: more than 4 MiB"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(path, data, words):
    path.write_bytes(data)
    assert words in refusal(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{\n", "line 3 is not valid JSON: input data was truncated; a sample (netmind.sample/1) is expected"),
        (b"\n", "line 3 is not valid JSON"),
        (encode(HEADER) + b"\n", "line 3: expected schema netmind.sample/1, found netmind.recording/1"),
        (b'{"schema":"netmind.sample/7","at":"","host":{}}\n', "found netmind.sample/7; a newer netmind wrote it"),
        (b'{"schema":"netmind.sample/1","at":"","host":{"load_1m":"x"}}\n', "$.host.load_1m"),
        (b'{"schema":"netmind.sample/1","at":"noon","host":{}}\n', "line 3: at is 'noon'; a time like"),
        (b'{"schema":"netmind.sample/1","at":"2026-01-01T00:00:00","host":{}}\n', "line 3: at is '2026-"),
        (b'{"schema":"netmind.sample/1","at":"","host":{}}', "line 3: at is ''"),
        (b"x" * (LONGEST_LINE_BYTES + 1) + b"\n", "line 3: longer than any line"),
    ],
)
def test_a_damaged_sample_is_named_by_its_line_and_ends_the_recording(path, line, words):
    lines = write(path).splitlines(keepends=True)
    rest = b"" if not line.endswith(b"\n") else b"".join(lines[2:])
    path.write_bytes(b"".join(lines[:2]) + line + rest)
    source = RecordingSource(path)

    assert source.sample() == SAMPLES[0]
    with pytest.raises(Problem) as caught:
        source.sample()
    assert words in caught.value.sentence
    with pytest.raises(RecordingEnded):
        source.sample()
    assert words in refusal(path)


def test_a_line_as_long_as_allowed_is_read(path):
    path.write_bytes(encode(HEADER).ljust(LONGEST_LINE_BYTES - 1) + b"\n")
    assert read(path) == ()


def test_members_of_a_newer_minor_version_are_passed_over(path):
    path.write_bytes(changed(HEADER, mood="good") + b'{"schema":"netmind.sample/1","at":"' + b"2026-01-01T00:00Z")
    with path.open("ab") as file:
        file.write(b'","host":{"mood":1},"mood":[]}\n')

    assert [sample.at for sample in read(path)] == ["2026-01-01T00:00Z"]


def test_a_folder_and_nothing_are_no_recordings(tmp_path):
    assert refusal(tmp_path) == f"cannot read {tmp_path}: it is a folder; a recording of netmind record is expected"
    assert "no such file" in refusal(tmp_path / "none.jsonl")


@unix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else_is_no_recording(path):
    write(path)
    path.chmod(0)
    assert "permission denied" in refusal(path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a process' memory as a file")
def test_a_file_that_cannot_be_read_through_is_no_recording():
    assert "cannot read /proc/self/mem: input/output error; a recording" in refusal(Path("/proc/self/mem"))


def test_a_file_that_is_there_is_not_touched_unless_it_may_go(path):
    path.write_bytes(b"mine")
    with pytest.raises(Problem, match="is there already: give another name, or --force") as caught:
        write(path)
    assert caught.value.code is ExitCode.USAGE
    assert path.read_bytes() == b"mine"

    write(path, replace=True)
    assert read(path) == SAMPLES


@unix
def test_a_recorder_whose_file_was_replaced_does_not_write_into_the_new_one(path):
    with RecordingWriter(path, HEADER) as old:
        new = write(path, replace=True)
        old.append(SAMPLES[0])

    assert path.read_bytes() == new


@unix
def test_a_link_stays_and_its_target_is_made(path):
    link = path.with_name("link")
    link.symlink_to(path)
    write(link)

    assert link.is_symlink()
    assert read(path) == SAMPLES


@pytest.mark.parametrize(("name", "words"), [("", "it is a folder"), ("none/a.jsonl", "no such file")])
def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path, name, words):
    with pytest.raises(Problem, match=words) as caught:
        write(tmp_path / name)
    assert caught.value.code is ExitCode.USAGE
    assert list(tmp_path.iterdir()) == []


@unix
def test_links_that_run_in_a_circle_are_a_sentence(path):
    path.symlink_to(path)
    with pytest.raises(Problem, match=r"circle|too many levels"):
        write(path)


@unix
def test_a_reader_of_a_pipe_that_left_is_told_apart_from_a_full_disk(path):
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with RecordingWriter(path, HEADER) as writer:
        assert decode(os.read(reading, 1 << 16), RecordingHeader) == HEADER
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            writer.append(SAMPLES[0])
    assert path.is_fifo()


class Scarce(recording.FileIO):
    """A file on a disk with little room: it takes what fits, and then nothing."""

    room = 0

    def write(self, data):
        if self.room == 0:
            raise OSError(28, "No space left on device")
        written = super().write(bytes(data)[: self.room])
        self.room -= written
        return written


def test_a_line_that_did_not_fit_is_taken_back_and_recording_goes_on_when_there_is_room(path, monkeypatch):
    monkeypatch.setattr(recording, "FileIO", Scarce)
    monkeypatch.setattr(Scarce, "room", len(encode(HEADER)) + 100)
    with RecordingWriter(path, HEADER) as writer:
        with pytest.raises(Problem, match="the disk is full"):
            writer.append(SAMPLES[0])
        assert path.read_bytes() == encode(HEADER) + b"\n"
        writer._file.room = 1 << 20
        writer.append(SAMPLES[1])

    assert read(path) == SAMPLES[1:2]


def test_a_header_that_did_not_fit_leaves_no_file(path, monkeypatch):
    monkeypatch.setattr(recording, "FileIO", Scarce)
    monkeypatch.setattr(Scarce, "room", 100)
    with pytest.raises(Problem, match="the disk is full"):
        write(path)
    assert not path.exists()


def test_a_loss_of_power_costs_ten_seconds_at_most(path, monkeypatch):
    synced = []
    monkeypatch.setattr(recording.os, "fsync", lambda _: synced.append(path.stat().st_size))
    times = iter([0.0, 0.0, 4.0, 9.9, 10.0, 10.0, 11.0, 11.0])
    header_bytes = len(encode(HEADER)) + 1
    with RecordingWriter(path, HEADER, clock=lambda: next(times)) as writer:
        assert synced == [header_bytes]
        for sample in SAMPLES:
            writer.append(sample)
        assert synced == [header_bytes, path.stat().st_size]
        writer.append(replace(SAMPLES[0], at="2026-01-01T00:00:09.000Z"))
        assert len(synced) == 2

    assert len(synced) == 3


def test_the_example_is_a_redacted_recording_of_eight_gpus_of_which_one_is_lost():
    with RecordingSource(EXAMPLE) as source:
        samples = tuple(source)

    assert source.notice is None
    assert source.header.redacted
    assert source.header.host.hostname == "host"
    assert [device.uuid for device in source.header.devices] == [*(f"uuid-{number}" for number in range(1, 9)), None]
    assert len(samples) == 20
    assert {len(sample.devices) for sample in samples} == {8}
    assert [sample.devices[5].absent.get("power_draw_w") for sample in samples] == [None] * 12 + [Absence.LOST] * 8
    assert {sample.devices[0].gpu_util_pct for sample in samples} == {99}


def compressed(path, **options):
    """The same samples in a file that ends in .gz."""
    data = write(path, **options)
    packed = path.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(data))
    return packed


def test_a_compressed_recording_is_read_like_any_other_whatever_its_name(path):
    packed = compressed(path)
    assert read(packed) == SAMPLES
    assert read(packed.rename(path)) == SAMPLES


def test_a_name_does_not_make_a_recording_compressed(tmp_path):
    write(tmp_path / "a.jsonl.gz")
    assert read(tmp_path / "a.jsonl.gz") == SAMPLES


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:5],
        lambda data: data[:40] + b"\x00\xff\x00\xff" + data[44:],
        lambda data: data[:2] + b"nonsense",
    ],
    ids=["cut", "cut in its header", "damaged", "no gzip after all"],
)
def test_a_compressed_recording_that_is_damaged_is_one_sentence(path, damage):
    packed = compressed(path)
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(Problem) as refused:
        read(packed)
    assert refused.value.code is ExitCode.USAGE
    assert refused.value.sentence == (
        f"cannot read {packed}: it is compressed, and damaged or cut short; a recording of netmind record is expected"
    )


def test_an_empty_compressed_recording_is_empty(path):
    path.with_suffix(".gz").write_bytes(b"")
    with pytest.raises(Problem, match="is empty"):
        RecordingSource(path.with_suffix(".gz"))


def test_a_recording_says_whether_its_machine_is_simulated(path):
    write(path, header=replace(HEADER, simulated=True))
    with RecordingSource(path) as source:
        assert source.header.simulated
    data = encode(HEADER).replace(b'"simulated":false,', b"") + b"\n"
    path.write_bytes(data)
    with RecordingSource(path) as source:
        assert not source.header.simulated


@pytest.mark.parametrize(("name", "words"), [(".", "it is a folder"), ("no/such", "its folder is not there")])
def test_a_place_where_nothing_can_be_recorded_is_refused_before_anything_is(tmp_path, name, words):
    with pytest.raises(Problem, match=words):
        refuse_unwritable(tmp_path / name)


def test_a_new_name_a_pipe_and_nowhere_may_be_recorded_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "new", tmp_path / "pipe", Path(os.devnull)):
        refuse_unwritable(path)
    assert not (tmp_path / "new").exists()
