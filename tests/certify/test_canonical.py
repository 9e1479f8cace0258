"""JSON that others wrote: one spelling, capped in size and depth, and its own sentence for each way to be wrong."""

import math
import struct
import zipfile
from io import BytesIO

import pytest

from netmind_tui.certify.canonical import DEEPEST, LARGEST_BYTES, canonical, parse, read
from netmind_tui.certify.refused import Refused
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


def refusal(data, reader=read):
    with pytest.raises(Refused) as caught:
        reader(data, "it")
    return caught.value


def archive():
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("certificate.json", "{}")
    return file.getvalue()


BAD = {
    b"": "it is empty",
    b" \n\t": "it is empty",
    b"hello": "it is not valid JSON: expecting value at character 0",
    b'{"a":1}{}': "it is not valid JSON: extra data at character 7",
    b"{'a':1}": "it is not valid JSON: expecting property name enclosed in double quotes at character 1",
    b'{"a":[1,2': "it is cut short: its JSON does not end",
    b'{"a":"wor': "it is cut short: its JSON does not end",
    b'{"a":': "it is cut short: its JSON does not end",
    b'{"a":"\x01"}': "it is not valid JSON: invalid control character at at character 6",
    b"\xef\xbb\xbf{}": "it begins with a byte order mark, which JSON does not have",
    b'{"a":"\xff"}': "it is not UTF-8 at byte 6",
    b"\xfe\xff\x00{\x00}": "it is not UTF-8 at byte 0",
    b"\x1f\x8b\x08\x00": "it is compressed with gzip: give the file inside it",
    b"\xfd7zXZ\x00": "it is compressed with xz: give the file inside it",
    b'{"a":1,"a":1}': "it has the member 'a' twice in one object",
    b'{"a":1,"\\u0061":1}': "it has the member 'a' twice in one object",
    b"[NaN]": "it holds NaN, which is no number of JSON",
    b"[-Infinity]": "it holds -Infinity, which is no number of JSON",
    b"[1e400]": "it holds a number beyond what a double can carry",
    b"[-1e999999999999]": "it holds a number beyond what a double can carry",
    b"[9007199254740992]": "it holds the integer 9007199254740992, beyond 2^53: not every reader keeps it exactly",
    b"[-9007199254740993]": "it holds the integer -9007199254740993, beyond 2^53: not every reader keeps it exactly",
    b"[" + b"1" * 6000 + b"]": f"it holds the integer {'1' * 17}…, beyond 2^53: not every reader keeps it exactly",
    b"[" * 40 + b"]" * 40: "it is nested deeper than 32 levels",
    b'{"a":' * 100_000: "it is nested deeper than 32 levels",
    b'["\\ud800"]': "it has no canonical form: input contains non-UTF-8 codepoints",
    b'{"\\udc00":1}': None,
}


@pytest.mark.parametrize("data", BAD, ids=lambda data: repr(data[:20]))
def test_each_way_to_be_no_json_has_its_own_sentence(data):
    refused = refusal(data)
    assert refused.check == "file"
    assert not refused.unknown
    if BAD[data] is not None:
        assert refused.sentence == BAD[data]


def test_a_zip_is_named():
    assert refusal(archive()).sentence == "it is a zip archive: give the file inside it"


def test_a_file_of_100_mib_is_refused_before_it_is_parsed():
    data = b"[" * (100 * 2**20)
    assert refusal(data).sentence == "it is larger than 4 MiB, the most that is read"


def test_brackets_within_strings_are_no_depth():
    text = canonical({"a": '\\"[[[[' * 40, "b": ["]" * 40]})
    assert read(text, "it")["b"] == ["]" * 40]


def test_the_deepest_nesting_is_read():
    assert read(b"[" * DEEPEST + b"]" * DEEPEST, "it")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"a": 1}', "byte 5"),
        (b'{"b":1,"a":1}', "byte 2"),
        (b'["\\u0041"]', "byte 2"),
        (b'["\\/"]', "byte 2"),
        (b"[1.0]", "byte 2"),
        (b"[-0]", "byte 1"),
        (b"[-0.0]", "byte 1"),
        (b"[1E2]", "byte 2"),
        (b"[1e-400]", "byte 1"),
        (b"[0.10000000000000000001]", "byte 4"),
        (b'{"a":1}\n', "newlines after its end"),
        (b' {"a":1}', "newlines around it"),
    ],
)
def test_another_spelling_is_refused_with_its_place(data, place):
    refused = refusal(data)
    assert (refused.check, place in refused.sentence) == ("canonical", True), refused.sentence
    parse(data, "it")  # and is JSON all the same


def test_the_largest_integers_are_kept():
    assert read(b"[9007199254740991,-9007199254740991]", "it") == [2**53 - 1, 1 - 2**53]


@pytest.mark.parametrize("number", [2.0**53, -(2.0**53), 9.1e15, 1e16, 1e20, math.nextafter(1e21, 0)])
def test_a_number_that_would_be_read_as_an_integer_beyond_2_53_is_not_written(number):
    with pytest.raises(Refused, match="beyond 2\\^53"):
        canonical({"rate": [number]})


@pytest.mark.parametrize("number", [2.0**53 - 1, 1e21, 1.7976931348623157e308, 5e-324, 1e-7, 333333333.3333333])
def test_every_other_number_is_read_back_as_it_was(number):
    assert read(canonical([number]), "it") == [number]
    assert struct.pack(">d", float(read(canonical([number]), "it")[0])) == struct.pack(">d", number)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800", {1: 2}, {"a": b""}])
def test_what_has_no_canonical_form_is_not_written(value):
    with pytest.raises(Refused):
        canonical(value)


def test_what_cannot_be_written_is_told_like_every_problem():
    with pytest.raises(Problem) as caught:
        canonical({"rate": 1.2e16}, "the result document")
    found = (caught.value.sentence, caught.value.code)
    assert found == (
        "the result document holds 1.2e+16, which has only an integer's spelling, and one beyond 2^53",
        ExitCode.FAILED,
    )


def test_a_document_that_nobody_would_read_is_not_written():
    with pytest.raises(Refused, match="larger than 4 MiB"):
        canonical(["x" * LARGEST_BYTES])


def test_members_are_ordered_by_their_16_bit_units():
    assert canonical({"\U0001f600": 1, "\ufb33": 2, "a": 3}).decode() == '{"a":3,"\U0001f600":1,"\ufb33":2}'


def test_a_sentence_is_short_and_moves_no_terminal():
    refused = refusal(b'{"\\u001b[2J' + b"x" * 10_000 + b'":1,"\\u001b[2J' + b"x" * 10_000 + b'":1}')
    assert len(refused.sentence) == 400
    assert "\x1b" not in refused.sentence
    assert "\x1b" not in Refused("file", "\x1b]0;\u202e").sentence
