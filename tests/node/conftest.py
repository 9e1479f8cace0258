"""Agents in a machine that is not there (``scripts/agent_world.py``), and real ones in a home of their own."""

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
ALWAYS = '[[window]]\ndays = ["daily"]\nfrom = "00:00"\nto = "24:00"\n'
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


def load(name: str) -> ModuleType:
    """A script as a module; those that it imports lie beside it."""
    if str(SCRIPTS) not in sys.path:
        sys.path.append(str(SCRIPTS))
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


world = load("agent_world")


class Life:
    """An agent in a world: what a test does to both."""

    def __init__(self, run) -> None:
        self.run, self.world, self.agent, self.events = run, run.world, run.agent, run.events

    def kinds(self, *, of=None) -> list[str]:
        """The kinds of what happened, in order."""
        return [event.kind.value for event in self.events if of is None or event.device == of]

    def told(self, kind: str) -> list:
        """What happened of one kind."""
        return [event for event in self.events if event.kind.value == kind]

    def state(self, device: str) -> tuple[str, str]:
        """The state of a device and the code of its reason."""
        found = next(each for each in self.agent.decisions.devices if each.device == device)
        return found.state.value, found.reason.code

    async def looks(self, count: int = 1, step_s: float = 1.0) -> None:
        """So many rounds, a second apart."""
        for _ in range(count):
            self.world.clock.pass_by(step_s)
            await self.run.look()


@pytest.fixture
def live(tmp_path) -> Callable[..., None]:
    """Live through a story: ``live(story, cards=2)``, where ``story(life)`` is a coroutine; again for a next agent."""
    policy = tmp_path / "policy.toml"
    (tmp_path / "agent").mkdir()

    def start(story, *, terms=ALWAYS, cards=2, here=None, hooks=None, work=None):
        if terms is not None:
            policy.write_text(terms)
            policy.chmod(0o600)
        there = here or world.world(START, "UTC", cards)
        with world.simulation(there, tmp_path / "agent", policy, hooks=hooks, work=work) as run:

            async def whole():
                await run.agent.begin("test")
                await run.look()
                await story(Life(run))

            asyncio.run(whole())
        return there

    start.policy = policy
    return start


@pytest.fixture(scope="session")
def script() -> Iterator[Callable[[str], ModuleType]]:
    """A script of the agent as a module."""
    return load
