"""The picture of a run: valid, self-contained, redacted, and honest about what it shows."""

import getpass
import socket
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmind_tui.cli.card import HEIGHT, WIDTH, card, check, draw
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Status
from netmind_tui.model.problem import Problem

SVG = "{http://www.w3.org/2000/svg}"


def read(picture):
    return ET.fromstring(picture)  # noqa: S314 - our own picture


def words(picture):
    return [element.text or "" for element in read(picture).iter(f"{SVG}text")]


def test_it_shows_the_device_four_figures_with_intervals_the_date_suite_and_verdict(made):
    said = words(card(made.gpu_run()))
    for expected in (
        "NVIDIA H100 80GB HBM3",
        "2026-11-22 · suite standard",
        "731.0",
        "TFLOP/s",
        "95 % in 728.8 – 732.5",
        "74 % of peak",
        "pass",
        "self-measured by the owner's clock, not certified",
    ):
        assert expected in said
    assert sum(each.startswith("95 % in ") for each in said) == 4


def test_equal_gpus_are_counted_and_the_one_shown_is_named(made):
    said = words(card(made.gpu_run(8)))
    assert "8 × NVIDIA H100 80GB HBM3" in said
    assert any("figures of gpu:0" in each for each in said)


def test_the_best_gpu_comes_before_another_and_before_the_processor(made):
    cpu = Device(id="cpu", kind=DeviceKind.CPU, name="A processor")
    devices = [cpu, made.gpu(0, name="Slow"), made.gpu(1, name="Fast")]
    values = {"cpu": 9e15, "gpu:0": 1e14, "gpu:1": 2e14}
    rows = [made.measurement(device, "gemm.fp16", values[device.id], "FLOP/s") for device in devices]
    assert "Fast" in words(card(made.run(devices, rows)))


def test_a_processor_is_shown_where_no_gpu_was_measured(made):
    cpu = Device(id="cpu", kind=DeviceKind.CPU, name="A processor")
    run = made.run([cpu], [made.measurement(cpu, "gemm.fp32", 1e11, "FLOP/s")])
    said = words(card(run))
    assert "A processor" in said
    assert "no peak to compare with" in said


def test_an_unstable_figure_and_a_run_cut_short_are_marked(made):
    row = made.measurement(made.H100, "gemm.fp16", 1e14, "FLOP/s", status=Status.UNSTABLE)
    said = words(card(made.run([made.H100], [row], stopped="interrupted")))
    assert "unstable" in said
    assert "unstable, interrupted" in said


def test_a_wrong_figure_is_not_shown(made):
    rows = [
        made.measurement(made.H100, "gemm.fp16", 7e14, "FLOP/s", status=Status.FAIL),
        made.measurement(made.H100, "stream.add", 3e12, "bytes/s"),
    ]
    said = words(card(made.run([made.H100], rows)))
    assert "fp16 matrix product" not in said
    assert "fail" in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=90))
def test_any_name_gives_well_formed_xml(made, name):
    run = made.gpu_run()
    picture = card(replace(run, devices=(replace(run.devices[0], name=name),)))
    assert read(picture).get("width") == str(WIDTH)


def test_it_is_self_contained(made):
    picture = card(made.gpu_run(8))
    root = read(picture)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "defs", "linearGradient", "stop", "rect", "circle", "text"}
    references = [
        value
        for element in root.iter()
        for value in element.attrib.values()
        if "url(" in value or "href" in value or "//" in value
    ]
    assert references == ["url(#ground)"]


def test_everything_lies_within_the_picture(made):
    for element in read(card(made.gpu_run(8))).iter():
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        assert 0 <= x + float(element.get("width", 0)) <= WIDTH
        assert 0 <= y + float(element.get("height", 0)) <= HEIGHT


def test_what_identifies_is_replaced_in_the_file(made, tmp_path):
    run = made.gpu_run()
    name = f"{socket.gethostname()} of {getpass.getuser()} {run.devices[0].uuid}"
    run = replace(run, devices=(replace(run.devices[0], name=name),))
    draw(run, tmp_path / "card.svg")
    said = " ".join(words((tmp_path / "card.svg").read_text()))
    assert "host of user uuid-1" in said
    assert run.devices[0].uuid not in said


def test_a_run_without_a_figure_has_no_card_and_says_so(made, tmp_path, capsys):
    draw(made.run([made.H100], []), tmp_path / "card.svg")
    assert not (tmp_path / "card.svg").exists()
    assert "no card was drawn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"), [("card.png", "card.svg"), ("missing/card.svg", "no folder"), (".", "--card")]
)
def test_a_place_that_cannot_be_drawn_to_is_refused_beforehand(tmp_path, name, said):
    path = tmp_path / name
    with pytest.raises(Problem) as caught:
        check(path, None)
    assert caught.value.code is ExitCode.USAGE
    assert said.replace("--card", "folder") in caught.value.sentence


def test_the_card_and_the_document_need_two_names(tmp_path):
    with pytest.raises(Problem, match="two names"):
        check(tmp_path / "run.svg", tmp_path / "." / "run.svg")
