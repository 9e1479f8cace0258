"""The dashboard and the alerts ask for metrics that the agent has, and for states that there are."""

import asyncio
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.workload import InstanceStatus, WorkloadsStatus, WorkloadStatus, WorkState
from netmind_tui.model.worth import BooksStanding, Worth
from netmind_tui.node.exposition import as_prometheus
from netmind_tui.probe.recording import RecordingSource

ASSETS = Path(__file__).parents[2] / "assets"
RULES = yaml.safe_load((ASSETS / "prometheus-alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((ASSETS / "grafana.json").read_text())
ASKED = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    },
    **{each["name"]: each["query"]["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"},
}


@pytest.fixture(scope="module")
def metrics(agents):
    """Every metric of an agent on a machine with eight cards, with the labels of each."""
    node = agents.MadeNode()
    node.work = workloads()
    status = asyncio.run(node.status())
    decisions = status.decisions
    status = replace(
        status,
        decisions=replace(
            decisions, devices=tuple(replace(d, until=agents.NOW + timedelta(hours=1)) for d in decisions.devices)
        ),
        sample=sample(),
        money=Worth(books=BooksStanding(path="/s/ledger.db")),
    )
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(as_prometheus(status)):
        for each in family.samples:
            found.setdefault(each.name, set()).update(each.labels)
    return found


def workloads():
    """A workload that crashed on one card and gave back another."""
    instances = (
        InstanceStatus(key="boinc@gpu:0", devices=("gpu:0",), failures=4, restarts=4, metered_s=8.0, energy_j=9.0),
        InstanceStatus(key="boinc@gpu:1", devices=("gpu:1",), state=WorkState.RUNNING, freed_s=2.1),
    )
    return WorkloadsStatus(workloads=(WorkloadStatus(name="boinc", instances=instances),))


def sample():
    """One sample of a machine with eight cards that were slowed down by heat."""
    with RecordingSource(Path(__file__).parents[1] / "recordings/h100x8.jsonl") as recording:
        return list(recording)[-1]


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_is_there(metrics, name):
    asked = set(re.findall(r"\bnetmind_[a-z0-9_]+", ASKED[name]))
    assert asked
    assert asked - set(metrics) == set()


@pytest.mark.parametrize("name", ASKED)
def test_what_is_chosen_by_is_a_label_of_it(metrics, name):
    for metric, labels in re.findall(r"\b(netmind_[a-z0-9_]+)\{([^}]*)\}", ASKED[name]):
        asked = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", labels)) - {"instance"}
        assert asked - metrics[metric] == set(), metric


@pytest.mark.parametrize("name", ASKED)
def test_states_and_overrides_are_those_that_there_are(name):
    def named(label):
        return {
            word for words in re.findall(rf'\b{label}=~?"([a-z|-]+)"', ASKED[name]) for word in words.split("|") if word
        }

    assert named("status") <= {*Contribution, *WorkState}
    assert named("kind") <= set(OverrideKind)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do_with_words_that_it_has(metrics, rule):
    assert {"summary", "description"} == set(rule["annotations"])
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    words = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"]))) - {"instance"}
    for metric in set(re.findall(r"\bnetmind_[a-z0-9_]+", rule["expr"])):
        assert words <= metrics[metric]


def test_the_line_of_states_names_every_state_once():
    (panel,) = [each for each in DASHBOARD["panels"] if each["type"] == "state-timeline"]
    numbers = dict(re.findall(r'status="([a-z-]+)"\} \* (\d+)', panel["targets"][0]["expr"]))
    shown = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert {name: shown[number]["text"] for name, number in numbers.items()} == {
        str(each): each for each in Contribution
    }


def test_no_two_panels_lie_on_one_another():
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool: it comes with Prometheus")
def test_prometheus_takes_the_rules():
    words = [shutil.which("promtool"), "check", "rules", str(ASSETS / "prometheus-alerts.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
