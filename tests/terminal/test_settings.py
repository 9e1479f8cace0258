"""Settings and the first run in a real terminal: keys that come at once, and files that cannot be used."""

import os
import sys

import pytest


@pytest.fixture
def file(tmp_path):
    """The configuration of the window; the fixture ``window`` makes one that says nothing."""
    return tmp_path / "config/netmind/config.toml"


@pytest.fixture
def first(window, file):
    """A window that has never met anybody, at its third question."""
    file.unlink()
    opened = window(environment={"NETMIND_LOCKS": str(file.parent)})
    opened.shows("1 of 5")
    opened.type("\r")
    opened.shows("2 of 5")
    opened.type("\x1b[B\r")
    opened.shows("3 of 5")
    return opened


@pytest.mark.parametrize(
    "keys",
    [
        "\r0.31 EUR\r",
        "\r\x1b[200~0.31 EUR\x1b[201~\r",
        "\r0.9 EUR\x1b[D\x1b[D\x1b[D\x1b[D\x7f31\r",
        "\rEUR\x1b[H0.31 \r",
    ],
    ids=["typed", "pasted", "arrows between", "home between"],
)
def test_what_comes_at_once_is_taken_in_its_order(first, keys):
    first.type(keys)
    first.shows("a kilowatt-hour costs  0.31 EUR")


def test_the_whole_first_run_can_come_at_once(first, file):
    first.type("\r0.31 EUR\r\x1b[B\r12.5\r\x1b[B\r\x1b[B\r\x1b[B\rMe\r")
    first.shows("written: ")
    written = {line for line in file.read_text().splitlines() if line}
    assert written == {
        "[electricity]", 'price_per_kwh = "0.31 EUR"', "fee_pct = 12.5", "[schedule]", 'preset = "nights"', "[payer]",
        'name = "Me"',
    }  # fmt: skip


def test_a_text_pasted_where_nothing_is_asked_does_nothing(replay):
    window = replay()
    window.type("\x1b[200~q2345\x1b[201~")
    window.type("4")
    window.shows("Nothing runs for others")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[tui\n", "not valid TOML"),
        (b"[tui]\ntheme = 1\n", "tui.theme: expected one of dark, light, colour-blind"),
        (b'[tui]\nthme = "dark"\n', "tui.thme is not a key; did you mean tui.theme"),
        (b'[tui]\ntheme = "drak"\n', "tui.theme: 'drak' is not known; did you mean dark"),
        (b'[keys]\nbensh = "x"\n', "keys.bensh: unknown action; did you mean bench"),
        (b'[keys]\nbench = "contrl+b"\n', "keys.bench: 'contrl' goes before no key; did you mean ctrl"),
        (b'[payer]\nname = "\xff"\n', "UTF-8"),
    ],
    ids=["syntax", "type", "key", "theme", "action", "key name", "not UTF-8"],
)
def test_a_broken_file_is_told_and_stays_as_it_is(window, file, content, said):
    file.write_bytes(content)
    opened = window(cells=160)
    opened.shows("config.toml: ")
    opened.shows(said)
    opened.type(",")
    opened.shows("fault in the file: nothing is written")
    opened.type("\x1b[B\r")
    opened.shows("mend the file first")
    opened.type("q")
    assert opened.end() == 0
    assert file.read_bytes() == content


def test_a_folder_in_the_place_of_the_file_is_told(window, file):
    file.unlink()
    file.mkdir()
    opened = window(cells=160)
    opened.shows("is a folder, not a file")
    opened.shows("OFF, no agent")
    opened.type(",")
    opened.shows("nothing is written")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told(window, file):
    file.chmod(0)
    opened = window(cells=160)
    opened.shows("cannot be read: permission denied")


def _with_a_disk(error):
    """The program with a disk that takes no bytes: a stand-in, for a real one cannot be filled in a test."""
    program = (
        "import errno, os\n"
        f"def fails(*_): raise OSError({error}, os.strerror({error}))\n"
        "os.fsync = fails\n"
        "from netmind_tui.entry import netmind_tui; netmind_tui()"
    )
    return (sys.executable, "-c", program)


@pytest.mark.parametrize(
    ("error", "said"), [("errno.ENOSPC", "the disk is full"), ("errno.EROFS", "read-only file system")]
)
def test_a_disk_that_takes_nothing_is_told_and_nothing_changes(window, file, error, said):
    file.write_text('# mine\n[tui]\ntheme = "dark"\n')
    opened = window(command=_with_a_disk(error), cells=160)
    opened.shows("help")
    opened.type(",")
    opened.shows("tui.theme")
    opened.type("\x1b[B\r")
    opened.shows("takes it")
    opened.type("\x1b[B\r")
    opened.shows(said)
    opened.shows("nothing was changed")
    assert file.read_text() == '# mine\n[tui]\ntheme = "dark"\n'
    assert [each.name for each in file.parent.iterdir()] == ["config.toml"]


def test_a_file_that_somebody_changed_meanwhile_is_not_written_over(window, file):
    opened = window(cells=160)
    opened.shows("help")
    opened.type(",")
    opened.shows("tui.theme")
    opened.type("\x1b[B\r")
    opened.shows("takes it")
    file.write_text("[tui]\ntheme = 1\n")
    opened.type("\x1b[B\r")
    opened.shows("expected one of dark")
    assert file.read_text() == "[tui]\ntheme = 1\n"


@pytest.mark.parametrize("signs", [(), ("--ascii",)], ids=["all signs", "ascii"])
def test_every_dialogue_is_drawn_with_the_signs_of_the_screen(window, signs):
    opened = window(*signs)
    opened.shows("help")
    opened.type(",")
    opened.shows("tui.theme")
    for keys, words in (("\x1b[B\r", "takes it"), (":", "few letters"), ("?", "type a key")):
        opened.type(keys)
        opened.shows(words)
        assert "1 Overview" in opened.text, "what lies below is still seen"
        opened.type("\x1b")
        opened.hides(words)
    opened.type("q")
    assert opened.end() == 0
    assert opened.bytes.isascii() == bool(signs)
