"""Which devices of this machine answer a challenge, and under which words."""

from collections.abc import Sequence

from netmind_tui.certify.challenge.node import Devices
from netmind_tui.certify.proof.team import Team, look
from netmind_tui.certify.scope import identity
from netmind_tui.model.certificate import Scope
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem
from netmind_tui.probe.machine_id import read_machine_id


def find_team(names: Sequence[str], scope: Scope) -> Team:
    """The GPUs among the named devices, or else the CPU; of all devices unless some are named.

    Raises:
        Problem: none of them can compute now.
    """
    machine, targets = look(names)
    able = [each for each in targets if each.refused is None]
    chosen = [each for each in able if each.provider is Provider.CUDA] or able
    if not chosen:
        why = "; ".join(dict.fromkeys(each.refused.detail for each in targets if each.refused))
        raise Problem(f"nothing can answer a challenge: {why or 'there is no such device'}", ExitCode.UNMEASURED)
    own = read_machine_id(machine.host.boundaries)
    words = tuple(identity(each.device, scope, own) or each.device.id for each in chosen)
    return Team(machine=machine, targets=tuple(chosen), words=words)


def devices_of(team: Team) -> Devices:
    """A team as the challenger hears of it."""
    return Devices(
        provider=team.targets[0].provider,
        words=team.words,
        memory_bytes=tuple(each.device.memory_total_bytes or 0 for each in team.targets),
    )
