"""The agent's metrics, read back by Prometheus' own parsers."""

import asyncio
import stat
import urllib.error
import urllib.request
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from netmind_tui.model.problem import Problem
from netmind_tui.node.control.server import serve_metrics
from netmind_tui.node.exposition import OPENMETRICS, as_openmetrics, as_prometheus, write_metrics


@pytest.fixture
def status(agents):
    node = agents.MadeNode()
    node.refused = "policy.toml: 25:00 is no time"
    return asyncio.run(node.status())


def values(families):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples
    }


@pytest.mark.parametrize(
    ("write", "read"),
    [(as_openmetrics, read_openmetrics), (as_prometheus, read_prometheus)],
    ids=["openmetrics", "text"],
)
def test_what_the_agent_decides_reads_back(status, write, read):
    found = values(read(write(status)))
    assert found[("netmind_agent_devices", ("status", "contributing"))] == 7
    assert found[("netmind_agent_devices", ("status", "lost"))] == 1
    assert found[("netmind_agent_device_state", ("device", "gpu:5"), ("status", "lost"))] == 1
    assert found[("netmind_agent_device_state", ("device", "gpu:5"), ("status", "contributing"))] == 0
    assert found[("netmind_agent_device_reason", ("device", "gpu:5"), ("reason", "lost"))] == 1
    assert found[("netmind_agent_policy_refused",)] == 1
    assert found[("netmind_agent_guard_denies", ("device", "gpu:0"), ("guard", "temperature"))] == 0
    assert found[("netmind_gpu_power_draw_watts", ("device", "gpu:0"))] == 300
    assert ("netmind_gpu_power_draw_watts", ("device", "gpu:5")) not in found
    assert found[("netmind_host_cpu_utilization_ratio",)] == 0.03
    assert found[("netmind_agent_status_timestamp_seconds",)] == status.at.timestamp()


def test_a_counter_is_named_as_each_format_has_it(status):
    counted = replace(status.sample, devices=tuple(replace(each, energy_j=7.5) for each in status.sample.devices))
    status = replace(status, sample=counted)
    assert "# TYPE netmind_gpu_energy_joules counter\n" in as_openmetrics(status)
    assert "# TYPE netmind_gpu_energy_joules_total counter\n" in as_prometheus(status)
    for read, text in ((read_openmetrics, as_openmetrics(status)), (read_prometheus, as_prometheus(status))):
        assert values(read(text))[("netmind_gpu_energy_joules_total", ("device", "gpu:0"))] == 7.5


def test_a_node_that_has_not_decided_yet_has_metrics_too(status):
    empty = replace(status, agent=None, decisions=None, devices=(), sample=None, facts=())
    assert ("netmind_agent_questions",) in values(read_openmetrics(as_openmetrics(empty)))


def test_a_file_for_node_exporter_is_replaced_whole_and_readable(status, tmp_path):
    path = tmp_path / "netmind.prom"
    path.write_text("old")
    write_metrics(path, status)
    assert path.read_text() == as_prometheus(status)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_a_sentence(status, tmp_path):
    with pytest.raises(Problem, match=r"agent\.metrics_file: .* cannot be written: no such file"):
        write_metrics(tmp_path / "none" / "netmind.prom", status)


def fetched(node, path="/metrics", **headers):
    """What a monitor gets on loopback: status, type and text."""

    def ask(port):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - it is http, on loopback
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read().decode()

    async def serve_and_ask():
        server = await serve_metrics(node, "127.0.0.1", 0)
        try:
            return await asyncio.to_thread(ask, server.port)
        finally:
            await server.close()

    return asyncio.run(serve_and_ask())


def test_a_monitor_on_this_machine_gets_the_format_that_it_asks_for(agents):
    status, kind, text = fetched(
        agents.MadeNode(), Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    )
    assert (status, kind, text.endswith("# EOF\n")) == (200, OPENMETRICS, True)
    status, kind, text = fetched(agents.MadeNode())
    assert (status, kind.startswith("text/plain; version=0.0.4"), "# EOF" in text) == (200, True, False)


def test_a_web_page_that_reaches_loopback_by_another_name_gets_nothing(agents):
    assert fetched(agents.MadeNode(), Host="evil.example:9876")[0] == 403
    assert fetched(agents.MadeNode(), "/v1/status")[0] == 404


def test_an_address_that_is_taken_is_a_sentence(agents):
    async def twice():
        first = await serve_metrics(agents.MadeNode(), "127.0.0.1", 0)
        try:
            await serve_metrics(agents.MadeNode(), "127.0.0.1", first.port)
        finally:
            await first.close()

    with pytest.raises(Problem, match=r"agent\.metrics: 127\.0\.0\.1:\d+ cannot be had"):
        asyncio.run(twice())
