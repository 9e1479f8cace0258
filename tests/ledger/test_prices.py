import errno
import os
import stat
import threading
from datetime import date
from fractions import Fraction

import pytest

from netmind_tui.ledger import prices
from netmind_tui.ledger.plain_file import alone
from netmind_tui.ledger.prices import Imported, import_prices, read_prices, written
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

HEAD = "date,asset,currency,price,source\n"
GOOD = f"{HEAD}2026-11-20,NMT,EUR,0.40,exchange\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config" / "prices.csv"


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_without_a_file_there_are_no_prices(path):
    assert len(read_prices(path)) == 0


def test_a_file_as_a_spreadsheet_writes_it_is_read(path):
    text = "\ufeffDate,Price,Currency,Asset\r\n2026-11-20, 0.40 ,eur,nmt\r\n\r\n# a remark\r\n"
    assert read_prices(put(path, text)).find("NMT", "EUR", date(2026, 11, 20)).price == Fraction(2, 5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{HEAD}2026-11-20,NMT,EUR,0.4,x,more\n", "line 2: it has more or fewer columns"),
        (f"{HEAD}2026-11-20,NMT\n", "line 2: it has more or fewer columns"),
        ("date,source,asset,currency,price\n2026-11-20,x,NMT,EUR\n", "line 2: it has more or fewer columns"),
        ("date;asset;currency;price\n", "line 1: its columns are not parted by commas"),
        (f"{HEAD}20.11.2026,NMT,EUR,0.4,x\n", "line 2: '20.11.2026' is no date such as 2026-11-22"),
        (f"{HEAD}20261120,NMT,EUR,0.4,x\n", "line 2: '20261120' is no date"),
        (f"{HEAD}2026-11-20,NMT,EUR,nan,x\n", "line 2: 'nan' is no price"),
        (f"{HEAD}2026-11-20,NMT,EUR,1e9,x\n", "line 2: '1e9' is no price"),
        (f"{HEAD}2026-11-20,NMT,EUR,{10**40},x\n", "line 2: '1000000000"),
        (f"{HEAD}2026-11-20,NMT,EUR,0,x\n", "line 2: 0 is not above 0"),
        (f"{HEAD}2026-11-20,NMT,EUR,-1,x\n", "line 2: -1 is not above 0"),
        (f'{HEAD}2026-11-20,NMT,EUR,"0,40",x\n', "decimals follow a point"),
        (f"{HEAD}2026-11-20,EUR,EUR,1,x\n", "a price of EUR in EUR says nothing"),
        (f"{HEAD}2026-11-20,N\x1bMT,EUR,1,x\n", "is no asset such as EUR or NMT"),
        (f"{HEAD}2026-11-20,NMT,EUR,1,a\x1b[2J\n", "source is not up to 120 signs that can be seen"),
        ("date,asset,price\n", "line 1: there is no column currency"),
        ("date,asset,currency,prize\n", "line 1: 'prize' is no column; did you mean price?"),
        ("date,asset,currency,price,price\n", "line 1: a column stands twice"),
        (f'{HEAD}2026-11-20,NMT,EUR,"0.4,x\n', "line 2: unexpected end of data"),
        (b"\xff\xfe", "is not UTF-8 text"),
        ("a\0b", "it has zero bytes"),
        (f"{GOOD}2026-11-20,NMT,EUR,0.41,other\n", "line 3: NMT in EUR of 2026-11-20 is 0.41 here, and 0.40 in "),
    ],
)
def test_a_wrong_line_is_named(path, text, sentence):
    with pytest.raises(Problem) as refused:
        read_prices(put(path, text))
    assert sentence in refused.value.sentence
    assert refused.value.code is ExitCode.USAGE


def test_an_asset_that_nobody_knows_is_refused_where_it_is_asked(path):
    with pytest.raises(Problem, match="'NMTT' is no asset that is known; did you mean NMT"):
        read_prices(put(path, f"{HEAD}2026-11-20,NMTT,EUR,0.4,x\n"), {"NMT", "EUR"})


def test_an_import_adds_what_is_new_and_once(path):
    assert import_prices(GOOD.encode(), "a.csv", path) == Imported(added=1, known=0, total=1)
    more = f"{GOOD}2026-11-19,EUR,USD,1.1,bank\n".encode()
    assert import_prices(more, "b.csv", path) == Imported(added=1, known=1, total=2)
    assert path.read_text() == f"{HEAD}2026-11-19,EUR,USD,1.1,bank\n2026-11-20,NMT,EUR,0.40,exchange\n"
    assert import_prices(more, "b.csv", path) == Imported(added=0, known=2, total=2)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_import_waits_for_another_and_loses_none_of_its_prices(path):
    more = f"{HEAD}2026-11-19,EUR,USD,1.1,bank\n".encode()
    other = threading.Thread(target=import_prices, args=(more, "b.csv", path))
    with alone(path.parent):
        other.start()
        other.join(0.2)
        assert other.is_alive()
        put(path, GOOD)
    other.join()
    assert len(read_prices(path)) == 2


def test_an_import_leaves_the_owners_remarks(path):
    put(path, f"# as paid out\n{GOOD}# asked: mail of March\n")
    import_prices(f"{HEAD}2026-11-19,EUR,USD,1.1,bank\n".encode(), "a.csv", path)
    assert path.read_text().startswith(f"# as paid out\n# asked: mail of March\n{HEAD}2026-11-19")
    assert len(read_prices(path)) == 2


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_import_does_not_grow_the_file_beyond_what_is_read(path, monkeypatch, dry_run):
    put(path, GOOD)
    monkeypatch.setattr(prices, "LARGEST_BYTES", len(GOOD) + 10)
    with pytest.raises(Problem, match=r"would be larger than .* nothing was changed"):
        import_prices(f"{HEAD}2026-11-21,NMT,EUR,1,y\n".encode(), "new.csv", path, dry_run=dry_run)
    assert path.read_text() == GOOD


@pytest.mark.parametrize("text", [f"{GOOD}2026-11-21,NMT,EUR,x,y\n", f"{HEAD}2026-11-20,NMT,EUR,0.41,exchange\n"])
def test_an_import_with_a_fault_changes_nothing(path, text):
    put(path, GOOD)
    with pytest.raises(Problem):
        import_prices(text.encode(), "new.csv", path)
    assert path.read_text() == GOOD
    assert list(path.parent.iterdir()) == [path]


def test_an_import_onto_a_full_disk_says_so_and_leaves_what_was_there(path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    put(path, GOOD)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Problem, match=r"cannot write .*no space left on device; nothing was changed"):
        import_prices(f"{HEAD}2026-11-21,NMT,EUR,1,y\n".encode(), "new.csv", path)
    assert path.read_text() == GOOD
    assert list(path.parent.iterdir()) == [path]


def test_what_is_written_is_read_back_the_same(path):
    exchange = read_prices(put(path, f'{GOOD}2026-11-21,NMT,EUR,0.000000000000000001,"a, ""b"""\n'))
    assert written(read_prices(put(path, written(exchange)))) == written(exchange)
