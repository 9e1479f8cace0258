"""``assets/agent-api.md`` is what the socket does: its examples run, and its tables are complete."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from netmind_tui.document import SCHEMAS, schema
from netmind_tui.model.earnings import Online
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.workload import InstanceStatus, WorkloadsStatus, WorkloadStatus
from netmind_tui.model.worth import BooksStanding, DeviceWorth, PowerNow, Worth
from netmind_tui.node.control.route import ROUTES
from netmind_tui.node.control.server import Bounds
from netmind_tui.node.exposition import as_prometheus

TEXT = (Path(__file__).parents[1] / "assets/agent-api.md").read_text()
NOW = datetime(2026, 11, 23, tzinfo=UTC)
WORKLOADS = WorkloadsStatus(
    workloads=(
        WorkloadStatus(
            name="boinc",
            instances=(
                InstanceStatus(key="boinc", devices=("gpu:0",), restarts=1, metered_s=8.0, energy_j=9.0, freed_s=2.1),
            ),
        ),
    )
)
MONEY = Worth(
    power=PowerNow(price_per_kwh="0.30", currency="EUR", basis=PriceBasis.STATIC, source="a setting"),
    devices=(DeviceWorth(device="gpu:0", currency="EUR", cost="0.09", floor="0.10", gross="0.20", net="0.09"),),
    online=Online(card="netmind-power 1", hours=3.5, needed_hours=5.0),
    books=BooksStanding(path="/s/ledger.db", entries=7, booked_at=NOW, backup_at=NOW),
)
EXAMPLES = re.findall(r"```sh\n(.*?)```\n```json\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def agent(agents, tmp_path_factory):
    path = tmp_path_factory.mktemp("api") / "run" / "agent.sock"
    with agents.running(path, bounds=Bounds(heartbeat_s=0.05)) as running:
        yield running


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[re.sub(r"\W+", "-", each)[-60:] for each, _ in EXAMPLES])
def test_an_example_answers_as_it_says(agent, command, shown):
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"SOCKET": str(agent.path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    found, expected = json.loads(done.stdout.splitlines()[0]), json.loads(shown)
    expected.pop("...", None)
    assert {name: found[name] for name in expected} == expected
    name = found.get("schema", "").removeprefix("netmind.").removesuffix("/1")
    if name in SCHEMAS:
        jsonschema.validate(found, schema(name))
    assert name in SCHEMAS or name in ("", "refusal")


def test_every_route_and_role_is_in_the_table():
    rows = re.findall(r"^\| `(GET|POST|PUT) (\S+)` \| (\w+) \| (.*) \|$", TEXT, re.MULTILINE)
    assert rows == [(route.method, route.path, str(route.role), route.meaning) for route in ROUTES]


def test_every_parameter_is_mentioned():
    assert {name for route in ROUTES for name in route.query} <= set(re.findall(r"`?\b([a-z_]+)\b`?", TEXT))


def test_every_metric_that_is_listed_exists(agent):
    metrics = as_prometheus(replace(agent.on_loop(agent.node.status()), workloads=WORKLOADS, money=MONEY))
    for name in re.findall(r"`(netmind_[a-z_]+)`", TEXT):
        assert f"{name}{{" in metrics or f"\n{name} " in metrics, name
