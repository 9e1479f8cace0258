"""Makes a certificate for the interface as ``netmind certify`` does, in a thread, and can be stopped meanwhile."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from netmind_tui.certify.identity import Identity
from netmind_tui.certify.making import Made, Maker, check_run, make
from netmind_tui.certify.moment import written
from netmind_tui.certify.scope import open_scope
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.model.verification import Check
from netmind_tui.paths import certificates_dir, identity_dir
from netmind_tui.tui.cert_page import CHALLENGE, PROOF

if TYPE_CHECKING:
    from netmind_tui.model.certificate import Proof
    from netmind_tui.model.chain import ChainSpec
    from netmind_tui.model.result import Result
    from netmind_tui.model.verdict import SignedVerdict

_SIGNING = "signing, and verifying as anybody else would"
_STEP = 0.01
_L2 = "L2"


class StoppedError(Exception):
    """Whoever watches wants no certificate any more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a certificate is to have besides the figures that are signed: nothing, a proof, or what a challenger says.

    ``url`` is where the challenger is.
    """

    adds: str = ""
    url: str = ""


class Making:
    """One certificate in the making. ``tell`` hears what goes on, and how far that is where it is known."""

    def __init__(self, wish: Wish, tell: Callable[[str, float | None], None]) -> None:
        self._wish, self._tell = wish, tell
        self._is_stopped = threading.Event()
        self._part = 0.0

    def stop(self) -> None:
        """End it, from any thread: it notices within a moment, or when the challenger has answered."""
        self._is_stopped.set()

    def make(self, run: Run, clock: Callable[[], datetime]) -> tuple[Made, str | None]:
        """The certificate of a run; and without what it had to be made, in a sentence.

        Raises:
            Problem: nothing of the run could be certified.
            StoppedError: ``stop`` was called.
        """
        check_run(run)
        wish, identity = self._wish, Identity(identity_dir())
        signed, trouble = self._challenged(run, identity, clock) if wish.adds == CHALLENGE else (None, None)
        prove = _Prove(self) if wish.adds == PROOF else None
        self.say(_SIGNING)
        maker = Maker(identity=identity, folder=certificates_dir())
        made = make(run, maker, open_scope(None), clock(), challenge=signed, prove=prove)
        (file,) = made.verification.files
        if trouble is None and prove is not None:
            trouble = prove.trouble
        if trouble is None and made.left_out is not None:
            trouble = f"it would not hold with the challenger's verdict, {made.left_out}"
        if trouble is None and signed is not None and file.level != _L2:
            trouble = made.left_out or next(each.sentence for each in file.checks if each.check is Check.CHALLENGE)
        name = "proof" if wish.adds == PROOF else "challenge"
        return made, None if trouble is None else f"made at {file.level}, without a {name}: {trouble}"

    def say(self, sentence: str) -> None:
        """Something else goes on."""
        self._tell(sentence, None)
        self._heed()

    def went(self, part: float) -> None:
        """A proof is so far; before it and after it nothing is known of that."""
        self._heed()
        if 0 < part < 1 and abs(part - self._part) >= _STEP:
            self._tell("proving", part)
        elif part >= 1 > self._part > 0:
            self._tell("proven, and to be checked", None)
        self._part = part

    def _heed(self) -> None:
        if self._is_stopped.is_set():
            raise StoppedError

    def _pause(self, seconds: float) -> None:
        self._is_stopped.wait(seconds)
        self._heed()

    def _challenged(
        self, run: Run, identity: Identity, clock: Callable[[], datetime]
    ) -> "tuple[SignedVerdict | None, str | None]":
        """What the challenger signed; or why there is nothing, in a sentence."""
        from netmind_tui.certify.challenged import open_node, take  # noqa: PLC0415 - only where one is asked

        self.say(f"asking the challenger {self._wish.url}")
        key = identity.signing_key(written(clock()))
        try:
            option = "certificate.challenger"
            node = open_node(self._wish.url, key, option=option, pause=self._pause, tell=self.say)
            names = tuple(each.id for each in run.devices)
            taken = take(node, key, names, open_scope(None), tell=self.went)
        except Problem as problem:
            return None, problem.sentence
        return taken.signed, None


class _Prove:
    """Makes the proof that goes into a certificate. ``trouble`` is why there is none."""

    def __init__(self, making: Making) -> None:
        self._making = making
        self.trouble: str | None = None

    def __call__(self, result: "Result", result_sha256: str, node_key: str) -> "Proof | None":
        from netmind_tui.certify.proof.offline import prove_offline  # noqa: PLC0415 - only where one is wanted

        began = monotonic()
        try:
            proof = prove_offline(
                result, result_sha256, node_key, nonce=None, begins=self._begins, tell=self._making.went
            )
        except Problem as problem:
            self.trouble = problem.sentence
            return None
        self._making.say(f"proven in {monotonic() - began:.0f} s; {_SIGNING}")
        return proof

    def _begins(self, spec: "ChainSpec", devices: tuple[str, ...]) -> None:
        self._making.say(f"making ready to prove {spec.name} on {', '.join(devices)}")
