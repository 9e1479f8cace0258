"""Real users at a real socket: children that give up root and become somebody else."""

import grp
import json
import os
import pwd
import shutil
import tempfile
from pathlib import Path

import pytest

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.control import Role
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.client import Client, Denied, NoAgent
from netmind_tui.node.control.role import Access, Peer

READER, OTHER = "nobody", "games"


def _missing() -> str | None:
    if os.geteuid() != 0:
        return "only root can become somebody else"
    names = {each.pw_name for each in pwd.getpwall()}
    return None if {READER, OTHER} <= names else f"there are no users {READER} and {OTHER}"


pytestmark = [
    pytest.mark.skipif(_missing() is not None, reason=_missing() or ""),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
GROUP = grp.getgrgid(pwd.getpwnam(READER).pw_gid).gr_name if _missing() is None else ""


@pytest.fixture
def path():
    """A socket in a folder that everybody may enter: pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="netmind-test-"))
    folder.chmod(0o755)
    yield folder / "run" / "agent.sock"
    shutil.rmtree(folder)


def as_user(name, path, call, groups=()):
    """What a call to the agent comes to for another user: ``("done", …)`` or the kind of refusal and its sentence."""
    account = pwd.getpwnam(name)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([grp.getgrnam(each).gr_gid for each in groups])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            try:
                told = ["done", call(Client(path))]
            except Problem as problem:
                told = [type(problem).__name__, problem.sentence]
            os.write(writing, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        told = json.loads(said.read())
    os.waitpid(child, 0)
    return tuple(told)


def read(client):
    return client.status().agent.role


def pause(client):
    return len(client.override(OverrideRequest(kind=OverrideKind.PAUSE)).overrides)


def change(client):
    return client.set_policy("").text


def answer(client):
    return client.answer("a", "yes").agent.role


def lease(client):
    with client.lease() as held:
        return held.state


CALLS = (read, pause, lease, change, answer)


def outcomes(name, path, groups=()):
    return [as_user(name, path, call, groups)[0] for call in CALLS]


def test_a_member_of_the_group_reads_and_no_more(serve, path):
    agent = serve(access=Access(group=GROUP))
    assert as_user(READER, path, read) == ("done", "read")
    assert outcomes(READER, path) == ["done", "Denied", "Denied", "Denied", "Denied"]
    assert agent.node.overrides == ()
    assert [(heard[1].user, heard[1].uid, heard[2]) for heard in agent.node.heard if heard[0] == "denied"] == [
        (READER, pwd.getpwnam(READER).pw_uid, "POST /v1/override")
    ]


def test_a_refusal_says_who_can_change_it(serve, path):
    serve(access=Access(group=GROUP))
    assert as_user(READER, path, pause) == (
        "Denied",
        f"{READER} may read, but not control this agent: root can allow it with access.control in the configuration",
    )
    assert "access.policy" in as_user(READER, path, change)[1]


def test_a_controller_pauses_and_cannot_change_the_policy(serve, path):
    agent = serve(access=Access(group=GROUP, control=frozenset({READER})))
    assert outcomes(READER, path) == ["done", "done", "done", "Denied", "Denied"]
    assert agent.node.overrides[0].by == READER


def test_who_may_change_the_policy_may_do_all(serve, path):
    agent = serve(access=Access(group=GROUP, policy=frozenset({READER})))
    assert outcomes(READER, path) == ["done"] * 5
    assert agent.node.text == ""


def test_a_stranger_does_not_reach_the_socket(serve, path):
    agent = serve(access=Access(group=GROUP))
    kind, sentence = as_user(OTHER, path, read)
    assert (kind, "closed to you: members of the group netmind may ask" in sentence) == (NoAgent.__name__, True)
    assert agent.node.heard == []


def test_a_stranger_who_does_reach_it_is_told_nothing(serve, path):
    """The folder is not the only guard: the group that counts is that of the account, and not of the process."""
    agent = serve(access=Access(group=GROUP))
    assert outcomes(OTHER, path, [GROUP]) == [Denied.__name__] * 5
    assert as_user(OTHER, path, read, [GROUP])[1].endswith(f": root and members of the group {GROUP} may")
    assert {heard[0] for heard in agent.node.heard} == {"denied"}


def test_every_group_of_an_account_counts(serve, path, monkeypatch):
    gid = grp.getgrnam(GROUP).gr_gid
    monkeypatch.setattr(os, "getgrouplist", lambda name, own: [own, gid] if name == OTHER else [own])
    serve(access=Access(group=GROUP))
    assert as_user(OTHER, path, read, [GROUP]) == ("done", "read")


def test_denials_of_one_user_are_told_once_a_minute_whatever_they_ask_for(serve, path):
    agent = serve(access=Access(group=GROUP))
    for call in (pause, pause, change, lease, answer):
        assert as_user(READER, path, call)[0] == "Denied"
    assert [heard[0] for heard in agent.node.heard] == ["denied"]


def test_a_user_without_a_name_and_a_group_that_is_not_there_are_nobody():
    nameless = Peer(pid=1, uid=54321, user="54321", groups=frozenset({54321}))
    assert Access(group="there-is-no-such-group").role(nameless) is None
    assert Access(control=frozenset({"54321"})).role(nameless) is Role.CONTROL
