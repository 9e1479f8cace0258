"""How one device's metrics are read, over answers that no stub of the library gives."""

from types import SimpleNamespace

import pytest

from netmind_tui.model.reading import Absence
from netmind_tui.probe import trouble
from netmind_tui.probe.metric import SAMPLE, Call, Metric
from netmind_tui.probe.reader import MetricReader, Refused

NEW_AND_OLD = Metric(("m",), (Call("new"), Call("old")), lambda value: (value,))


def reader_over(answers, **options):
    """A reader whose calls answer from a table; numbers in brackets are refusals."""

    def call(symbol, _handle, *_arguments):
        answer = answers.get(symbol, [trouble.FUNCTION_NOT_FOUND])
        if isinstance(answer, list):
            raise Refused(answer[0])
        return answer

    return MetricReader(call, None, **options)


@pytest.mark.parametrize(
    ("answers", "absence"),
    [
        ({"new": [trouble.NO_PERMISSION], "old": [trouble.NOT_SUPPORTED]}, Absence.NO_PERMISSION),
        ({"new": [trouble.NOT_SUPPORTED]}, Absence.NOT_UNDER_WSL),
        ({}, Absence.NOT_SUPPORTED),
        ({"new": 0xFFFFFFFF}, Absence.NOT_SUPPORTED),
    ],
)
def test_the_first_real_refusal_is_the_reason(answers, absence):
    reader = reader_over(answers, under_wsl=True)
    reader.read((NEW_AND_OLD,))
    assert reader.reply() == {"values": {}, "absent": {"m": absence}}


def test_the_older_call_answers_where_the_newer_one_does_not():
    reader = reader_over({"old": 7})
    reader.read((NEW_AND_OLD,))
    assert reader.reply() == {"values": {"m": 7}, "absent": {}}


@pytest.mark.parametrize("code", sorted(trouble.LOST))
def test_a_loss_ends_the_reading(code):
    asked = []

    def call(symbol, *_):
        asked.append(symbol)
        raise Refused(code)

    reader = MetricReader(call, None)
    reader.read(SAMPLE)
    assert len(asked) == 1
    assert reader.reply()["lost"] == code
    assert set(reader.reply()["absent"].values()) == {Absence.LOST}


def test_a_device_that_answers_only_unknown_errors_is_lost():
    reader = reader_over({"new": [trouble.UNKNOWN]})
    reader.read((NEW_AND_OLD,))
    assert reader.reply() == {"values": {}, "absent": {"m": Absence.LOST}, "lost": trouble.UNKNOWN}


def test_an_unknown_error_beside_values_is_one_metrics_own():
    reader = reader_over({"new": [trouble.UNKNOWN], "fine": 1})
    reader.read((NEW_AND_OLD, Metric(("n",), (Call("fine"),), lambda value: (value,))))
    assert reader.reply() == {"values": {"n": 1}, "absent": {"m": Absence.NOT_SUPPORTED}}


def test_a_field_value_of_a_type_nobody_knows_leaves_the_other_calls():
    field = SimpleNamespace(fieldId=185, nvmlReturn=0, valueType=99, value=None)
    reader = reader_over({"nvmlDeviceGetFieldValues": [field], "nvmlDeviceGetPowerUsage": 5000})
    reader._call = lambda symbol, *_: [field] if symbol == "nvmlDeviceGetFieldValues" else 5000
    reader.read(tuple(metric for metric in SAMPLE if metric.names == ("power_draw_w",)))
    assert reader.reply()["values"] == {"power_draw_w": 5.0}


def test_reasons_without_a_name_are_kept_as_numbers():
    (metric,) = (metric for metric in SAMPLE if metric.names == ("clocks_event_reasons",))
    assert metric.convert(0x8 | 0x4000) == (("hw_slowdown", "0x4000"),)
    assert metric.convert(0) == ((),)


def test_links_are_counted_until_the_card_has_no_more():
    def call(_symbol, _handle, link):
        if link == 4:
            raise Refused(2)
        return link % 2

    reader = MetricReader(call, None)
    reader.count_links()
    assert reader.reply()["values"] == {"nvlink_active_links": 2}
