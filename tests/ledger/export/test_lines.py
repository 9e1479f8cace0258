"""What the ledger held can be verified from the file alone, line by line, by any program."""

import json
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netmind_tui import document
from netmind_tui.certify.canonical import canonical
from netmind_tui.ledger.export.check import checked
from netmind_tui.ledger.export.lines import line_of, lines
from netmind_tui.ledger.reader import Chosen, Reader
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.ledger import Entry, EntryKind, Subject
from netmind_tui.model.problem import Problem

DOCUMENT = Path(__file__).parents[3] / "assets/ledger.md"


@pytest.fixture
def full(books, booked):
    moves = (booked.claim("0.0333"), booked.energy("-0.0123"), booked.claim("1/3", booked.NMT))
    works = books.put(
        *(books.draft(booked.START + n * booked.QUARTER, booked.subject(f"gpu:{n % 2}"), moves) for n in range(5))
    )
    books.accept(works[1], 7, fee=2, payer='Ünïcode "quoted" \\ 𝔘')
    return books


def written(books, chosen=None) -> list[bytes]:
    with closing(Reader(books.path)) as reader:
        return "".join(lines(reader, chosen or Chosen())).encode().splitlines(keepends=True)


def verified_by_others(path) -> subprocess.CompletedProcess[str]:
    """What the program in the documentation says, which has nothing of this one."""
    program = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[1]
    return subprocess.run([sys.executable, "-I", "-c", program, path], capture_output=True, text=True, check=False)


def test_the_documented_program_comes_to_the_same_hashes_and_head(full, tmp_path):
    path = tmp_path / "books.jsonl"
    path.write_bytes(b"".join(written(full)))
    head = json.loads(written(full)[-1])
    done = verified_by_others(path)
    assert (done.stdout, done.stderr) == (f"sound {head['hash']}\n", "")
    assert (head["schema"], head["number"], head["is_whole"]) == ("netmind.entries-head/1", 6, True)


@pytest.mark.parametrize(
    ("old", "new"), [(b"nvml_energy", b"nvml_power"), (b'"0.03"', b'"0.04"'), (b'"job":""', b'"job":" "')]
)
def test_the_documented_program_notices_a_change(full, tmp_path, old, new):
    path = tmp_path / "books.jsonl"
    path.write_bytes(b"".join(written(full)).replace(old, new, 1))
    done = verified_by_others(path)
    assert (done.returncode, done.stderr) == (1, "entry 1 is not what was booked\n")


def test_every_member_of_a_line_is_documented(full):
    told = DOCUMENT.read_text(encoding="utf-8")
    *_, last, head = written(full)
    for name in (*json.loads(last), *json.loads(head)):
        assert f"`{name}`" in told or f"`{name} " in told, name


def test_each_line_is_canonical_and_names_its_node(full, booked):
    *entries, head = written(full)
    for line in (*entries, head):
        assert canonical(json.loads(line)) == line.rstrip(b"\n")
    assert {json.loads(line)["node"] for line in entries} == {booked.NODE}


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(TEXT, st.dictionaries(TEXT, TEXT, max_size=4))
@example("", {"\ufffd": "", "\U0001d518": ""})  # RFC 8785 sorts by UTF-16
def test_a_line_is_canonical_whatever_the_texts_in_it(name, note):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    entry = Entry(
        number=1,
        id=name,
        kind=EntryKind.METERED,
        at=at,
        until=at,
        made=at,
        subject=Subject(node=name),
        postings=(),
        note=note,
    )
    line = document.encode(line_of(entry))
    assert canonical(json.loads(line)) == line


def test_a_file_as_it_was_written_is_sound(full, booked):
    found = checked(written(full), "a.jsonl")
    assert (found.entries, found.is_whole) == (6, True)
    part = checked(written(full, Chosen(device="gpu:1")), "a.jsonl")
    assert (part.entries, part.is_whole) == (3, False)
    assert part.head == found.head


def test_a_file_of_an_empty_ledger_is_its_head(books):
    (line,) = written(books)
    assert json.loads(line)["hash"] == "00" * 32
    assert checked([line], "a.jsonl").entries == 0


def swap(old: bytes, new: bytes):
    return lambda some: [each.replace(old, new) for each in some]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (swap(b'"amount":"0.03"', b'"amount":"0.05"'), "its hash is another one"),
        (swap(b'"job":""', b'"job":"x"'), "entry 1 (w-1): it is not what was booked"),
        (swap(b'"kind":"metered"', b'"kind":"gift"'), "line 1: 'gift' is not a valid EntryKind"),
        (swap(b'"exponent":2', b'"exponent":40'), "cannot have 40 decimals"),
        (swap(b'"number":3', b'"number": 3'), "line 3 is not in canonical form"),
        (lambda some: some[:2] + some[3:], "has 5 entries; its last line tells of 6"),
        (lambda some: some[:-1], "is cut short"),
        (lambda some: [*some[:-1], some[-1].replace(b'"hash":"', b'"hash":"00')], "does not end in the head"),
        (lambda some: [*some[:-1], some[-1].replace(b'"hash":"', b'"hash":"x')], "is no hash"),
        (lambda some: some[:-2] + some[-1:], "has 5 entries"),
        (lambda some: [*some, some[0]], "there is more after the last line"),
        (lambda some: [some[1], some[0], *some[2:]], "line 2: entry 1 comes after entry 2"),
        (lambda some: [b"[]\n", *some], "line 1: expected schema netmind.entry/1, found none"),
        (lambda some: [b"{\n", *some], "line 1 is not valid JSON"),
        (lambda _: [], "is cut short"),
    ],
)
def test_a_file_that_was_changed_is_found_with_the_line(full, change, words):
    with pytest.raises(Problem) as raised:
        checked(change(written(full)), "a.jsonl")
    assert words in raised.value.sentence
    assert raised.value.sentence.startswith("a.jsonl")
    assert raised.value.code in {ExitCode.FAILED, ExitCode.USAGE}
