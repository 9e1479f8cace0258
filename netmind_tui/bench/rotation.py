"""Running a prepared kernel in turn over its inputs, so that what was timed can be told from what was not done."""

from time import perf_counter

from netmind_tui.bench.check import Check
from netmind_tui.bench.family.base import Exercise


class Rotation:
    """Runs bindings in turn, spoils their outputs beforehand, and checks what the last runs left.

    A run that did nothing leaves a spoiled output, or that of another binding: neither passes for its own.
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._next = self._last = 0
        self._ran: set[int] = set()

    def run(self, iterations: int) -> float:
        """Run, wait, and return the seconds it took."""
        bindings, count, index = self._exercise.bindings, len(self._exercise.bindings), self._next
        running = {(index + step) % count for step in range(min(iterations, count))}
        if self._exercise.session.spoils_cheaply:
            for each in running:
                bindings[each].spoil()
        start = perf_counter()
        for _ in range(iterations):
            bindings[index].run()
            index = (index + 1) % count
        self._exercise.session.synchronise()
        seconds = perf_counter() - start
        self._next, self._last = index, (index - 1) % count
        self._ran |= running
        return seconds

    def spoil(self) -> None:
        """Make every output wrong that there is: a phase must make its own."""
        for index in self._ran:
            self._exercise.bindings[index].spoil()
        self._ran.clear()

    def check(self) -> Check:
        """Check every output that was made since the last spoiling; the worst of the checks."""
        made = [self._last] if self._exercise.shares_output else sorted(self._ran)
        checks = [self._exercise.check(index) for index in made]
        wrong = [check for check in checks if not check.ok]
        return wrong[0] if wrong else max(checks, key=lambda check: check.error or 0.0)
