"""Verdicts as they are printed, one a line, and what else a challenger has to say."""

from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.statement import short
from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.document import encode
from netmind_tui.model.problem import Problem
from netmind_tui.model.quantity import quantity
from netmind_tui.model.verdict import ChallengeVerdict


class Teller:
    """Prints verdicts, and says what is to be known."""

    def __init__(self, form: Format) -> None:
        self._form = form

    def verdict(self, envelope: bytes) -> None:
        """One line a verdict; where nobody reads them any more, nodes are challenged all the same."""
        found = read_verdict(envelope).verdict
        try:
            output.line(encode(found).decode() if self._form is Format.JSONL else line_of(found))
        except output.ReaderLeft:
            diagnostics.say("netmind: nobody reads the verdicts any more; netmind challenge list shows them")
        except Problem as problem:
            diagnostics.warn(f"{problem.sentence}; netmind challenge list shows the verdicts")

    def warn(self, sentence: str) -> None:
        """On stderr."""
        diagnostics.warn(sentence)


def line_of(verdict: ChallengeVerdict) -> str:
    """A verdict in a line for people."""
    sign = "✔" if verdict.verdict == "passed" else "✖"
    rate = quantity(verdict.rate_tops * 1e12, "OP/s")
    words = f"{sign} {verdict.finished_at}  {short(verdict.node_key)}  {verdict.chain}@{verdict.chain_version}"
    told = f"{words}  {verdict.elapsed_s:.3f} s  {rate}  {verdict.verdict}"
    return f"{told}: {verdict.reason}" if verdict.reason else told
