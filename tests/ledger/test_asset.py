import re

import pytest

from netmind_tui.ledger.asset import FIAT, NMT, AssetBook
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.money import Asset, AssetKind, amount_of
from netmind_tui.model.problem import Problem


@pytest.mark.parametrize(("code", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("GBP", 2), ("CNY", 2)])
def test_a_currency_has_the_decimals_of_iso_4217(code, decimals):
    assert AssetBook().asset(code) == Asset(code=code, exponent=decimals)


def test_the_token_of_netmind_has_18_decimals_and_keeps_each_of_them():
    nmt = AssetBook().asset(NMT)
    assert (nmt.exponent, nmt.kind) == (18, AssetKind.TOKEN)
    assert str(amount_of("123456789.123456789123456789", nmt)) == "123456789.123456789123456789 NMT"


def test_a_code_may_be_written_in_small_letters():
    assert AssetBook().asset(" eur").code == "EUR"


def test_every_code_stands_once_and_is_one():
    assert len(FIAT) > 150
    assert all(re.fullmatch("[A-Z]{3}", code) for code in FIAT)


def test_a_token_of_the_owner_is_known_by_its_decimals():
    assert AssetBook({"GLM": 18, "USDC": 6}).asset("USDC") == Asset(code="USDC", exponent=6, kind=AssetKind.TOKEN)


@pytest.mark.parametrize("code", ["EURO", "", "X", "EU\x1bR", "9" * 400])
def test_an_unknown_asset_is_refused_with_what_to_do(code):
    with pytest.raises(Problem, match=r"is no asset that is known.*asset\.<code>\.decimals") as refused:
        AssetBook().asset(code)
    assert refused.value.code is ExitCode.USAGE
    assert refused.value.sentence.isprintable()
    assert len(refused.value.sentence) < 400


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ({"EUR": 3}, "EUR has 2 decimals by ISO 4217, and not 3; remove it: netmind config set asset.EUR.decimals ''"),
        ({"NMT": 9}, "NMT has 18 decimals by its contract, and not 9"),
        ({"GLM": 19}, "GLM cannot have 19 decimals"),
        ({"glm": 18}, "'glm' is no code"),
    ],
)
def test_decimals_that_cannot_be_are_refused(tokens, sentence):
    with pytest.raises(Problem, match=re.escape(sentence)):
        AssetBook(tokens)


def test_saying_what_is_so_is_no_fault():
    assert AssetBook({"EUR": 2, "NMT": 18}).asset("EUR").exponent == 2


def test_the_decimals_that_the_ledger_has_cannot_change():
    with pytest.raises(Problem, match=r"the ledger has GLM with 18 decimals, and they cannot change to 6.* 18$"):
        AssetBook({"GLM": 6}, booked={"GLM": 18})
    assert AssetBook({"GLM": 18}, booked={"GLM": 18, "GONE": 3}).asset("GLM").exponent == 18
