"""``--proof`` of ``netmind certify``: says what is proven and for how long, and goes on without where that fails."""

from time import monotonic
from typing import TYPE_CHECKING

from netmind_tui.cli import diagnostics
from netmind_tui.cli.proof_progress import ProofProgress
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.model.certificate import Proof
    from netmind_tui.model.chain import ChainSpec
    from netmind_tui.model.result import Result

_TERA = 10**12


class Proving:
    """Makes the proof for one certificate. ``code`` is what the command ends with on its account."""

    def __init__(self, nonce: str | None) -> None:
        self._nonce = nonce
        self.code = ExitCode.OK

    def __call__(self, result: "Result", result_sha256: str, node_key: str) -> "Proof | None":
        """The proof, or ``None`` where it cannot be made: what was measured is certified all the same."""
        from netmind_tui.certify.proof.offline import prove_offline  # noqa: PLC0415 - only this option needs it

        started = monotonic()
        try:
            with ProofProgress() as progress:
                proof = prove_offline(result, result_sha256, node_key, nonce=self._nonce, begins=_begins, tell=progress)
        except Problem as problem:
            diagnostics.warn(f"{problem.sentence}; the certificate is made without a proof")
            self.code = problem.code
            return None
        diagnostics.say(f"netmind: proven in {monotonic() - started:.0f} s, by this machine's clock alone")
        return proof


def _begins(spec: "ChainSpec", devices: tuple[str, ...]) -> None:
    each = f"{spec.operations / _TERA:.3g} T operations" + (" each" if len(devices) > 1 else "")
    diagnostics.say(f"netmind: proving {spec.name} on {', '.join(devices)}: {each}")
