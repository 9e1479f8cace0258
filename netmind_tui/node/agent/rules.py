"""The owner's policy as it applies to this machine: read when it changes, its names made those of the devices."""

from collections.abc import Mapping, Sequence

from netmind_tui.model.device import Device
from netmind_tui.model.naming import resolve
from netmind_tui.model.policy import Policy
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent import told
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.agent.looked import Speaker
from netmind_tui.node.agent.news import News
from netmind_tui.node.policy.terms import Changed, Terms


class Rules:
    """Keeps ``policy`` in force; ``blocked`` says why none can be.

    Args:
        terms: the owner's file.
        news: where changes are told.
        aliases: the owner's names for devices.
    """

    def __init__(self, terms: Terms, news: News, aliases: Mapping[str, str]) -> None:
        self.policy = Policy()
        self.blocked: str | None = None
        self._terms = terms
        self._news = news
        self._aliases = aliases

    def read(
        self, now: Moment, devices: Sequence[Device], *, anew: bool = False, speaker: Speaker | None = None
    ) -> None:
        """Read the file if it is another one, or whatever it is with ``anew``; ``speaker`` has just replaced it."""
        found = self._terms.look(now.at, anew=anew)
        if found is not None:
            self.resolve(devices)
        if not self._terms.is_kept:
            self._news.do("terms", self._terms.save)
        if found is not None:
            told.policy(self._news, found, str(self._terms.path), speaker)

    def begin(self, now: Moment, devices: Sequence[Device], known_sha256: str | None) -> None:
        """Read the file for the first time; the one that was in force before is nothing new."""
        found = self._terms.look(now.at)
        self.resolve(devices)
        if isinstance(found, Changed) and found.sha256 == known_sha256:
            return
        if not self._terms.is_kept:
            self._news.do("terms", self._terms.save)
        if found is not None:
            told.policy(self._news, found, str(self._terms.path), None)

    def resolve(self, devices: Sequence[Device]) -> None:
        """Make the names of the policy those of these devices; what means nothing blocks everything."""
        try:
            self.policy, self.blocked = resolve(self._terms.policy, devices, self._aliases), None
        except Problem as problem:
            self.blocked = f"the policy names a device that cannot be told: {problem.sentence}"
