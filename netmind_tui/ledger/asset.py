"""Which assets there are: the money of states by ISO 4217, NetMind's token, and tokens that the owner names.

How many decimals an asset has never changes once it is booked: what stands in the ledger is in those minor units.
"""

from collections.abc import Mapping

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.money import MOST_EXPONENT, Asset, AssetKind
from netmind_tui.model.problem import Problem, nearest

NMT = "NMT"
_NMT_DECIMALS = 18

# ISO 4217, with what was replaced in recent years, for old books; gold, bonds and test codes are left out.
_TWO = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS
KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD
TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: _TWO,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
FIAT: Mapping[str, int] = {code: exponent for exponent, codes in _EXPONENTS.items() for code in codes.split()}
"""The decimals of every currency, by its code."""


class AssetBook:
    """The assets that may be booked.

    Args:
        tokens: The decimals of the owner's tokens, by their codes (``asset.<code>.decimals``).
        booked: The decimals of what stands in the ledger already: they hold.

    Raises:
        Problem: the owner says otherwise of an asset than ISO 4217, its token's contract or the ledger.
    """

    def __init__(self, tokens: Mapping[str, int] | None = None, booked: Mapping[str, int] | None = None) -> None:
        self._assets = {code: Asset(code=code, exponent=exponent) for code, exponent in FIAT.items()}
        self._assets[NMT] = Asset(code=NMT, exponent=_NMT_DECIMALS, kind=AssetKind.TOKEN)
        for code, exponent in (tokens or {}).items():
            self._add(code, exponent)
        self._booked = dict(booked or {})
        for code in self._booked:
            if code in self._assets:
                self._check(self._assets[code])

    def asset(self, code: str) -> Asset:
        """The asset of a code, in capital letters or small ones.

        Raises:
            Problem: it is not known.
        """
        found = self._assets.get(code.strip().upper())
        if found is not None:
            return found
        near = nearest(code.strip().upper(), list(self._assets))
        raise Problem(
            f"{code[:20]!r} is no asset that is known; {near}. A token of your own needs its decimals: netmind config"
            f" set asset.<code>.decimals 18",
            ExitCode.USAGE,
        )

    def codes(self) -> tuple[str, ...]:
        """Every code, in order."""
        return tuple(sorted(self._assets))

    def _add(self, code: str, exponent: int) -> None:
        known = self._assets.get(code)
        if known is not None and known.exponent != exponent:
            kind = "by ISO 4217" if known.kind is AssetKind.FIAT else "by its contract"
            raise Problem(
                f"asset.{code}.decimals: {code} has {known.exponent} decimals {kind}, and not {exponent}; remove it:"
                f" netmind config set asset.{code}.decimals ''",
                ExitCode.USAGE,
            )
        if known is not None:
            return
        try:
            self._assets[code] = Asset(code=code, exponent=exponent, kind=AssetKind.TOKEN)
        except ValueError as error:
            raise Problem(f"asset.{code}.decimals: {error} (0 to {MOST_EXPONENT})", ExitCode.USAGE) from error

    def _check(self, asset: Asset) -> None:
        booked = self._booked[asset.code]
        if booked != asset.exponent:
            raise Problem(
                f"asset.{asset.code}.decimals: the ledger has {asset.code} with {booked} decimals, and they cannot"
                f" change to {asset.exponent}: netmind config set asset.{asset.code}.decimals {booked}",
                ExitCode.USAGE,
            )
