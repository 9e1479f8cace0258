import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.document import SCHEMAS, decode, document_class, encode, encode_pretty, is_json, schema
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.host import Boundary, Cpu, Host
from netmind_tui.model.info import Info, SampleDocument, Tool
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample
from netmind_tui.model.workload import WorkloadsStatus

SAMPLE = SampleDocument(
    at="2026-01-01T00:00:00.000Z", host=HostSample(cpu_util_pct=1.5), devices=(DeviceSample(device="gpu:0"),)
)
INFO = Info(
    generated_at="2026-01-01T00:00:00.000Z",
    tool=Tool(name="netmind", version="0"),
    host=Host(
        hostname="x",
        os="x",
        kernel="x",
        python="x",
        cpu=Cpu(architecture="x", logical_cores=1, usable_cores=0.5),
        boundaries={Boundary.VM: "kvm"},
        absent={"memory_total_bytes": Absence.NO_PERMISSION},
    ),
)


@pytest.mark.parametrize("document", [SAMPLE, INFO])
def test_what_is_encoded_is_decoded_again(document):
    assert decode(encode(document), type(document)) == document
    assert decode(encode_pretty(document).encode(), type(document)) == document


def test_the_schema_member_comes_first_and_names_the_document():
    assert encode(INFO).startswith(b'{"schema":"netmind.info/1",')
    assert encode_pretty(SAMPLE).startswith('{\n  "schema": "netmind.sample/1",\n')
    assert encode_pretty(SAMPLE).endswith("}\n")


@given(st.floats())
def test_no_number_leaves_that_json_does_not_know(number):
    def refuse(constant):
        raise AssertionError(constant)

    text = encode(SampleDocument(at="", host=HostSample(cpu_util_pct=number)))

    json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"x:y", "not valid JSON: JSON is malformed"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"schema":"netmind.sample/1","at":"\xff","host":{}}', "not valid JSON"),
        (b"[]", "expected schema netmind.sample/1, found none"),
        (b'{"schema":"netmind.sample/1","a\xff":""}', "found none"),
        (b'{"schema":"netmind.info/1"}', "expected schema netmind.sample/1, found netmind.info/1"),
        (b'{"schema":"netmind.sample/2","at":"","host":{}}', "found netmind.sample/2"),
        (b'{"schema":"netmind.sample/1","at":""}', "missing required field `host`"),
        (b'{"schema":"netmind.sample/1","at":3,"host":{}}', r"expected `str`, got `int` - at `$.at`"),
        (b'{"schema":"netmind.sample/1","at":"","host":{"load_1m":"x"}}', "$.host.load_1m"),
        (b'{"schema":"netmind.sample/1","x":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_with_a_foreign_document_is_said_in_one_sentence(data, words):
    with pytest.raises(Problem) as caught:
        decode(data, SampleDocument, "a.json")

    assert caught.value.code is ExitCode.USAGE
    assert caught.value.sentence.startswith("a.json")
    assert words in caught.value.sentence


@pytest.mark.parametrize(
    ("data", "whole"),
    [(b"{}", True), (b" 1 ", True), (b"", False), (b"{", False), (b"\xff", False), (b'"\xff"', False)],
)
def test_the_beginning_of_a_document_is_no_document(data, whole):
    assert is_json(data) == whole


def test_members_of_a_newer_minor_version_are_passed_over():
    assert decode(b'{"schema":"netmind.sample/1","at":"","host":{"new":1},"newer":[]}', SampleDocument).at == ""


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_every_schema_is_valid_and_fixes_the_name_of_its_document(name):
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    document = found["$defs"][document_class(name).__name__]

    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["properties"]["schema"] == {"const": found["title"]}
    assert "schema" in document["required"]


@pytest.mark.parametrize(("name", "document"), [("info", INFO), ("sample", SAMPLE)])
def test_documents_validate_and_damaged_ones_do_not(name, document):
    validator = jsonschema.Draft202012Validator(schema(name))
    data = json.loads(encode(document))

    assert validator.is_valid(data)
    assert not validator.is_valid(data | {"schema": f"netmind.{name}/2"})
    assert not validator.is_valid({key: value for key, value in data.items() if key != "host"})
    assert not validator.is_valid(data | {"host": []})


def test_an_unknown_schema_offers_the_nearest():
    with pytest.raises(Problem, match="did you mean sample"):
        schema("sampel")


def test_a_path_that_is_no_text_is_told_as_far_as_it_can_be():
    told = WorkloadsStatus(path="/home/\udcff/w.toml")
    assert json.loads(encode(told))["path"] == "/home/?/w.toml"
    assert "/home/?/w.toml" in encode_pretty(told)
