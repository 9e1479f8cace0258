"""Reads, makes and compares certificates and judges requirements, in threads beside the interface."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netmind_tui.model.problem import Problem
from netmind_tui.tui.message import Told

if TYPE_CHECKING:
    from netmind_tui.model.device import Device, Driver
    from netmind_tui.model.host import Host
    from netmind_tui.model.measurement import Run
    from netmind_tui.tui.cert_making import Making, Wish
    from netmind_tui.tui.message import Message
    from netmind_tui.tui.state import State

_MINUTE_S = 60.0
_ENDS_S = 3.0

# Everything that reads, signs or judges is imported in the threads that need it: the first picture does without, and
# a machine without a certificate loads none of it.


class CertDesk:
    """What the interface asks about certificates; the answers come by ``mail``, and nobody waits.

    ``clock`` tells the time in UTC.
    """

    def __init__(
        self, mail: "Callable[[Message], None]", clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._mail = mail
        self._clock = clock
        self._told_at: datetime | None = None
        self._compared: tuple[object, ...] | None = None
        self._then: Callable[[Run], None] | None = None
        self._has_begun = False
        self._asked_at = clock()
        self._is_busy = threading.Lock()
        self._making: Making | None = None
        self._maker: threading.Thread | None = None

    def recall(self) -> None:
        """Read the shelf, in the caller's thread; a shelf that cannot be read is said and stops nobody."""
        from netmind_tui.paths import certificates_dir  # noqa: PLC0415 - see above
        from netmind_tui.tui.cert_state import CertificatesRead, CertMessage  # noqa: PLC0415 - see above

        now = self._now()
        self._compared = None
        self._told_at = self._clock()
        folder = certificates_dir()
        said: CertMessage = CertificatesRead((), (), (), now)
        try:
            if folder.is_dir() and any(folder.iterdir()):
                from netmind_tui.tui.cert_shelf import read_shelf  # noqa: PLC0415 - see above

                said = read_shelf(folder, self._clock())
        except (Problem, OSError) as error:
            self._mail(CertificatesRead((), (str(error),), (), now))
            return
        self._mail(said)

    def follow(self, state: "State") -> None:
        """At each tick: tell the time, hold the newest certificate against the machine, and go on after a run."""
        self._go_on(state)
        newest = state.cert.newest
        if newest is None:
            return
        if state.feed.kind == "live" and (self._clock() - (self._told_at or self._clock())).total_seconds() > _MINUTE_S:
            from netmind_tui.tui.cert_state import TimePassed  # noqa: PLC0415 - see above

            self._told_at = self._clock()
            self._mail(TimePassed(self._now()))
        seen = (newest, state.devices, state.driver, state.host)
        if state.host is not None and seen != self._compared:
            self._compared = seen
            self.in_background("", lambda: self._compare(state))

    def certify(self, run: "Run | str", wish: "Wish | None" = None) -> None:
        """Sign a finished run, or a kept one by its id, with what is wished for besides; one at a time."""
        from netmind_tui.tui.cert_state import Undertaken  # noqa: PLC0415 - see above

        if self._maker is not None and self._maker.is_alive():
            return
        self._mail(Undertaken("signing, and verifying as anybody else would", can_stop=wish is not None))
        # Beside what is asked and answered meanwhile: a proof takes its time.
        self._maker = threading.Thread(target=self._guarded, args=(lambda: self._certify(run, wish),), daemon=True)
        self._maker.start()

    def stop(self) -> None:
        """End the certificate that is being made: nothing is signed then."""
        from netmind_tui.tui.cert_state import MakingStopped  # noqa: PLC0415 - see above

        if self._making is not None:
            self._making.stop()
            self._mail(MakingStopped())

    def end(self) -> None:
        """End what proves, for the interface ends: no worker stays."""
        if self._making is None or self._maker is None:
            return
        self._making.stop()
        self._maker.join(_ENDS_S)
        from netmind_tui.bench.child import running_groups  # noqa: PLC0415 - it was loaded by what proves

        for group in running_groups():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    def judge(self, profile: str, run: "Run | str", state: "State") -> None:
        """Hold a run, or a kept one by its id, against a profile."""

        def work() -> None:
            from netmind_tui.tui.cert_judge import judged  # noqa: PLC0415 - see above
            from netmind_tui.tui.cert_state import Validated  # noqa: PLC0415 - see above

            found = _read(run) if isinstance(run, str) else run
            findings = state.diagnosis.findings if state.diagnosis is not None else None
            self._mail(Validated(judged(profile, found, findings, state.settings.config, self._clock())))

        self.in_background(f"holding this machine against {profile}", work)

    def list_profiles(self) -> None:
        """Read the profiles that come with this program."""

        def work() -> None:
            from netmind_tui.tui.cert_judge import profiles  # noqa: PLC0415 - see above
            from netmind_tui.tui.cert_state import ProfilesListed  # noqa: PLC0415 - see above

            self._mail(ProfilesListed(profiles()))

        self.in_background("", work)

    def after_run(self, doing: str, then: "Callable[[Run], None]") -> None:
        """When the run that begins now has ended, go on with it."""
        from netmind_tui.tui.cert_state import Undertaken  # noqa: PLC0415 - see above

        self._then, self._has_begun = then, False
        self._asked_at = self._clock()
        self._mail(Undertaken(doing))

    def in_background(self, doing: str, work: Callable[[], None]) -> None:
        """Do something in a thread; what goes wrong is said. ``doing`` is shown meanwhile."""
        from netmind_tui.tui.cert_state import Undertaken  # noqa: PLC0415 - see above

        if doing:
            self._mail(Undertaken(doing))

        def run() -> None:
            with self._is_busy:
                self._guarded(work)

        threading.Thread(target=run, daemon=True).start()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something; whatever fails there is said, and the interface lives on."""
        from netmind_tui.tui.cert_state import CertFailed  # noqa: PLC0415 - see above

        try:
            work()
        except Exception as error:  # noqa: BLE001 - see above
            words = error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
            self._mail(CertFailed(words))
            self._mail(Told(words, "error"))

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _go_on(self, state: "State") -> None:
        """Where a run was awaited and has ended: do what was to be done with it."""
        if self._then is None:
            return
        if state.bench.job is not None:
            self._has_begun = True
            return
        if not self._has_begun:
            return
        then, self._then = self._then, None
        run = state.bench.run
        if run is None or datetime.fromisoformat(run.started_at) < self._asked_at.replace(microsecond=0):
            from netmind_tui.tui.cert_state import CertFailed  # noqa: PLC0415 - see above

            self._mail(CertFailed(f"nothing was measured: {state.bench.trouble or 'the run was stopped'}"))
        else:
            then(run)

    def _compare(self, state: "State") -> None:
        from netmind_tui.tui.cert_shelf import stands  # noqa: PLC0415 - see above
        from netmind_tui.tui.cert_state import Compared  # noqa: PLC0415 - see above

        if state.cert.newest is not None and state.host is not None:
            own = state.feed.kind == "live"
            self._mail(Compared(stands(state.cert.newest.certificate, *_machine(state, state.host), is_here=own)))

    def _certify(self, run: "Run | str", wish: "Wish | None") -> None:
        from netmind_tui.tui.cert_making import Making, StoppedError, Wish  # noqa: PLC0415 - see above
        from netmind_tui.tui.cert_state import CertFailed, CertificateMade, Undertaken  # noqa: PLC0415 - see above

        def went(doing: str, part: float | None) -> None:
            self._mail(Undertaken(doing, part, can_stop=wish is not None))

        making = self._making = Making(wish or Wish(), went)
        try:
            made, remark = making.make(_read(run) if isinstance(run, str) else run, self._clock)
        except StoppedError:
            self._mail(CertFailed("stopped: nothing was certified, and the run is kept"))
            return
        finally:
            self._making = None
        self.recall()
        self._mail(CertificateMade(remark))
        until = made.issued.certificate.expires_at[:10]
        told = f"certificate made, it holds until {until}: 6 shows it"
        self._mail(Told(told) if remark is None else Told(f"certificate {remark}", "warn"))


def _machine(state: "State", host: "Host") -> "tuple[Driver | None, tuple[Device, ...], Host]":
    return state.driver, state.devices, host


def _read(run_id: str) -> "Run":
    from netmind_tui.bench.store import find_run  # noqa: PLC0415 - see CertDesk
    from netmind_tui.paths import runs_dir  # noqa: PLC0415 - see CertDesk

    return find_run(run_id, runs_dir()).runs[0]
