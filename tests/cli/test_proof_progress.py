"""How far a proof is, on stderr: lines for a log, one living line for somebody who watches."""

import io

import pytest
from rich.console import Console

from netmind_tui.cli import diagnostics
from netmind_tui.cli.proof_progress import ProofProgress

READY = (0.0, 1.0)
"""What is told while the devices are made ready, and again while rows are opened."""


def told(parts):
    with ProofProgress() as progress:
        for part in parts:
            progress(part)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((0.0, 0.1, 0.26, 0.3, 0.5, 0.8, 0.9, 1.0), ["25 %", "50 %", "75 %"]),
        ((0.0, 0.4, 0.95, 1.0), ["25 %", "75 %"]),
        ((0.0, 1.0), []),
        ((0.0, 0.6, 1.0, 0.0, 0.3, 1.0), ["50 %", "25 %"]),
    ],
)
def test_a_log_has_a_line_a_quarter(capsys, parts, said):
    told((*READY, *parts, *READY))
    assert capsys.readouterr().err.splitlines() == [f"netmind: proving, {each}" for each in said]


class TestOnATerminal:
    @pytest.fixture
    def screen(self, monkeypatch):
        shown = io.StringIO()
        console = Console(file=shown, force_terminal=True, width=80, color_system=None)
        monkeypatch.setattr(diagnostics, "is_terminal", lambda: True)
        monkeypatch.setattr(diagnostics, "console", lambda: console)
        return shown

    def test_one_line_lives_and_goes_when_it_is_done(self, screen, capsys):
        told((*READY, 0.0, 0.5, 1.0, *READY))
        assert "▶ proving  50 %  about " in screen.getvalue()
        assert screen.getvalue().rstrip().endswith("\x1b[2K")  # the last thing done is to take it away
        assert capsys.readouterr().err == ""

    def test_nothing_is_drawn_where_nothing_takes_long(self, screen):
        told(READY)
        assert screen.getvalue() == ""

    def test_what_ends_the_proof_takes_the_line_away(self, screen):
        def until_stopped():
            yield 0.5
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            told(until_stopped())
        assert screen.getvalue().rstrip().endswith("\x1b[2K")
