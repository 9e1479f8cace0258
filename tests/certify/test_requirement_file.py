"""Documents of requirements: data, checked to the last key, with a sentence for each fault."""

import importlib.util
from pathlib import Path

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.certify.metric import METRICS, Kind, Scope, find_metric
from netmind_tui.certify.metric_finding import FINDING_IDS
from netmind_tui.certify.requirement_file import read_file, read_requirements
from netmind_tui.certify.requirement_need import need_of
from netmind_tui.certify.requirement_profile import find_requirements, profile_names, read_profile
from netmind_tui.certify.requirement_value import EXAMPLES
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Action
from netmind_tui.model.problem import Problem
from netmind_tui.model.requirement import Devices, Operator, Severity

CATALOG = open_catalog()
HEAD = 'schema = "netmind.requirements/1"\nname = "a"\ntitle = "A"\n'
CORES = 'id = "cores"\nmetric = "host.cores"\noperator = ">="\nvalue = "2 cores"\n'
MEMORY = 'id = "m"\nmetric = "device.memory"\ndevices = "gpu"\noperator = ">="\nvalue = "24 GiB"\n'
SPEED = 'id = "s"\nmetric = "kernel.gemm.fp32"\ndevices = "cpu"\noperator = ">="\nvalue = "1 GFLOP/s"\n'
PORTS = 'id = "p"\nmetric = "declared.ports"\noperator = ">="\nvalue = "3 ports"\n'
LEVEL = 'id = "l"\nmetric = "device.level"\ndevices = "gpu"\noperator = "!="\nvalue = "unlisted"\n'


def read(*requirements, head=HEAD):
    text = head + "".join(f"[[requirement]]\n{each}" for each in requirements)
    return read_requirements(text.encode(), "a.toml", CATALOG)


def refusal(*requirements, head=HEAD):
    with pytest.raises(Problem) as problem:
        read(*requirements, head=head)
    assert problem.value.code is ExitCode.USAGE
    assert problem.value.sentence.startswith("a.toml")
    return problem.value.sentence


def test_a_requirement_is_read_with_what_holds_unless_it_says_otherwise():
    (one,) = read(CORES).requirements
    assert (one.operator, one.required, one.unit, one.written) == (Operator.AT_LEAST, (2.0,), "cores", "2 cores")
    assert (one.severity, one.action, one.evidence) == (Severity.FAIL, Action.ASK_OWNER, Evidence.ASSERTED)
    assert one.remediation


def test_everything_that_may_be_said_is_kept():
    more = 'severity = "warn"\npurpose = "why"\nremediation = "how"\naction = "drain"\nphase = "sustained"\n'
    more += 'evidence = "measured"\nrelative_to = "peers"\ntitle = "T"\n'
    text = SPEED.replace("1 GFLOP/s", "95 %").replace('"cpu"', '"at least 4 gpu"').replace("fp32", "fp32@1")
    (one,) = read(text + more).requirements
    assert (one.argument, one.version, one.devices) == ("gemm.fp32", 1, Devices(names="gpu", at_least=4))
    assert (one.required, one.unit, one.relative_to, one.phase) == ((0.95,), "%", "peers", "sustained")
    assert (one.severity, one.purpose, one.remediation, one.action) == ("warn", "why", "how", "drain")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_can_be_required(metric):
    argument = {"finding.": "xid"}.get(metric.name, "gemm.fp16") if metric.is_family else ""
    unit = "FLOP/s" if metric.name == "kernel." else metric.unit
    operator, value = {
        Kind.NUMBER: (">=", EXAMPLES.get(unit, "").split(" or ")[0]),
        Kind.VERSION: (">=", '"7.5"'),
        Kind.WORD: ("!=", '"unlisted"'),
        Kind.SWITCH: ("==", "true"),
    }[metric.kind]
    text = f'id = "x"\nmetric = "{metric.name}{argument}"\noperator = "{operator}"\nvalue = {value}\n'
    text += "" if metric.scope is Scope.MACHINE else 'devices = "gpu"\n'
    head = HEAD + 'accept_declared = true\n[[level]]\nname = "1"\ndevices = [{ name = "x" }]\n'
    (one,) = read(text, head=head).requirements
    assert find_metric(one.metric)[0] is metric
    assert need_of(read(text, head=head), CATALOG).suite == metric.suite


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        (CORES.replace("host.cores", "host.core"), "requirement 'cores', metric: 'host.core' is not a metric; did you"),
        (CORES.replace("2 cores", "2 GiB"), "requirement 'cores', value: expected \"8 cores\" or the like"),
        (CORES.replace('"2 cores"', "2.5"), "found 2.5 without a unit"),
        (CORES.replace('">="', '"=>"'), "operator: host.cores is a number with its unit: expected one of >= > <= <"),
        (CORES.replace('">="', "1"), "found a number"),
        (CORES.replace('operator = ">="\n', ""), "found none"),
        (CORES.replace('value = "2 cores"\n', ""), "value: it is missing"),
        (CORES.replace('metric = "host.cores"\n', ""), "metric: it is missing, and a string is expected"),
        (CORES.replace('id = "cores"\n', ""), "requirement 1, id: it is missing"),
        (CORES.replace('"cores"', '"Cores"', 1), "expected up to 64 of a-z"),
        (CORES.replace('"cores"', '"correctness"', 1), "correct results are always required"),
        (CORES.replace('"cores"', '"certificate"', 1), "choose another one"),
        (CORES + 'severety = "warn"\n', "requirement 'cores', severety is not a key; did you mean severity"),
        (CORES + 'severity = "bad"\n', "severity: expected one of fail, warn, found 'bad'"),
        (CORES + "severity = 1\n", "severity: expected one of fail, warn, found a number"),
        (CORES + 'action = "panic"\n', "action: expected one of none, wait, retry"),
        (CORES + 'devices = "cpu"\n', "devices: host.cores is of the whole machine: leave it out"),
        (CORES + 'relative_to = "peers"\n', "only the rate of a kernel is relative to something"),
        (CORES + 'phase = "burst"\n', "only kernels have phases"),
        (CORES + 'title = "a\\nb"\n', "expected one line of 1 to 500 printable characters"),
        (CORES + 'title = ""\n', "expected one line"),
        (CORES + 'title = "::error::x"\n', "it must hold neither :: nor ##["),
        (CORES + 'evidence = "proven"\n', "nothing more than asserted stands behind it"),
        (MEMORY.replace('devices = "gpu"\n', ""), "devices: it is missing: expected"),
        (MEMORY.replace('"gpu"', '"gpus"'), "devices: 'gpus' names no device; did you mean gpu"),
        (MEMORY.replace('"gpu"', '"at least 0 gpu"'), "names no device"),
        (MEMORY.replace('"24 GiB"', '["24 GiB"]'), "the operator >= takes one value, found a list"),
        (MEMORY.replace('">="', '"in"'), "the operator in takes a list, found a string"),
        (MEMORY.replace('">="', '"between"').replace('"24 GiB"', '["24 GiB"]'), "takes two values, found 1"),
        (MEMORY.replace('">="', '"between"').replace('"24 GiB"', '["2 GiB", "1 GiB"]'), "nothing lies between"),
        (MEMORY.replace('">="', '"in"').replace('"24 GiB"', "[]"), "takes at least one value, found 0"),
        (SPEED.replace("gemm.fp32", "gemm.fp23"), "'gemm.fp23' is no kernel of the catalogue; did you mean"),
        (SPEED.replace("gemm.fp32", "gemm.fp32@99"), "gemm.fp32@99 is not in this program's catalogue, which has gemm"),
        (SPEED.replace("gemm.fp32", "gemm.fp32@"), "gemm.fp32@ is not in this program's catalogue"),
        (SPEED.replace("1 GFLOP/s", "1 GB/s"), "B/s is a unit of another kind"),
        (SPEED + 'relative_to = "peers"\n', 'expected "90 %" or the like'),
        (SPEED + 'relative_to = "others"\n', "expected one of peers, baseline, peak"),
        (SPEED + 'phase = "cold"\n', "expected one of burst, sustained"),
        (SPEED.replace("kernel.gemm.fp32", "finding.ecc-uncorectd"), "'ecc-uncorectd' is no finding; did you mean"),
        (MEMORY.replace("memory", "ecc"), "device.ecc is true or false: expected one of == !="),
        (MEMORY.replace("memory", "ecc").replace('">="', '"=="'), "expected true or false, found '24 GiB'"),
        (MEMORY.replace("memory", "compute_capability"), "expected a version in quotes"),
        (
            MEMORY.replace("device.memory", "device.count").replace('"gpu"', '"each gpu"').replace("GiB", "GPUs"),
            "counts a class such as",
        ),
        (PORTS, "accept_declared is not true"),
        (LEVEL, "this document has no [[level]]"),
        ("", "requirement 1, id: it is missing"),
    ],
)
def test_a_fault_is_one_sentence_with_file_key_and_what_was_expected(requirement, words):
    assert words in refusal(requirement)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (HEAD.replace("requirements/1", "requirements/2"), "found 'netmind.requirements/2': update this program"),
        (HEAD.replace("requirements/1", "bench/1"), "schema: expected netmind.requirements/1, found 'netmind.bench/1'"),
        (HEAD.replace('schema = "netmind.requirements/1"', "schema = 1"), "found a number"),
        ('name = "a"\n', "schema: expected netmind.requirements/1, found none"),
        (HEAD.replace('title = "A"\n', ""), "title: it is missing"),
        (HEAD.replace('name = "a"', 'name = "A B"'), "name: expected up to 64"),
        (HEAD + 'maxage = "7 d"\n', "maxage is not a key; did you mean max_age"),
        (HEAD + 'max_age = "7 GiB"\n', "max_age: expected"),
        (HEAD + 'max_age = "0 d"\n', "max_age: expected more than no time"),
        (HEAD + "max_age = 7\n", "max_age: expected"),
        (HEAD + 'evidence = "hearsay"\n', "evidence: expected one of asserted, measured, challenged, proven"),
        (HEAD + 'accept_declared = "yes"\n', "accept_declared: expected true or false, found a string"),
        (HEAD + 'sources = "x"\n', "sources: expected a list of strings"),
        (HEAD + "sources = [1]\n", "sources: expected a string, found a number"),
        (HEAD + 'level = "x"\n', "level: expected tables"),
        (HEAD + '[[level]]\nname = "unlisted"\ndevices = [{ name = "x" }]\n', "a name of its own and not unlisted"),
        (HEAD + '[[level]]\nname = "1"\ndevices = []\n', "expected at least one device"),
        (HEAD + '[[level]]\nname = "1"\ndevices = [{ name = "x", memory = "6" }]\n', "without a unit"),
        (HEAD + '[[level]]\nname = "1"\ndevices = [{ nam = "x" }]\n', "nam is not a key; did you mean name"),
    ],
)
def test_a_fault_of_the_document_is_one_sentence_too(head, words):
    assert words in refusal(CORES, head=head)


def test_what_is_in_it_twice_or_not_at_all_is_refused():
    assert "another requirement has the same one" in refusal(CORES, CORES)
    assert "at least one [[requirement]] is expected" in refusal()
    assert "expected tables ([[requirement]]), found a string" in refusal(head=HEAD + 'requirement = "x"\n')
    assert "not valid TOML" in refusal(CORES + CORES)
    assert "500 are read at most" in refusal(*(CORES.replace('"cores"', f'"c{n}"', 1) for n in range(501)))


def test_a_level_that_nobody_published_is_refused():
    head = HEAD + '[[level]]\nname = "1"\ndevices = [{ name = "x" }]\n'
    assert "'7' is no level of this document" in refusal(LEVEL.replace("unlisted", "7"), head=head)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        ((HEAD + "[[requirement]]\n" + CORES).encode()[:-9], "is not valid TOML"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "is not UTF-8 text (byte 0)"),
        (b"PK\x03\x04\x14", "is not valid TOML"),
        (b'{"schema": "netmind.requirements/1"}', "is not valid TOML"),
        (HEAD.encode() + b"a = " + b"[" * 5000, "is not valid TOML"),
        (b"# " + b"x" * (1 << 20), "is larger than 1 MiB"),
        (HEAD.encode() + b"max_age = " + b"9" * 5000, "is not valid TOML"),
        (b'schema = "\x00"', "is not valid TOML"),
    ],
)
def test_what_is_no_document_is_refused(data, words):
    with pytest.raises(Problem) as problem:
        read_requirements(data, "a.toml", CATALOG)
    assert words in problem.value.sentence
    assert problem.value.sentence.isprintable()
    assert problem.value.code is ExitCode.USAGE


def test_a_hundred_megabytes_are_not_read(tmp_path):
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(Problem, match="is larger than 1 MiB"):
        read_file(path, CATALOG)


def test_a_folder_and_nothing_at_all_are_refused(tmp_path):
    with pytest.raises(Problem, match="it is a folder; a document of requirements is expected"):
        read_file(tmp_path, CATALOG)
    with pytest.raises(Problem, match="there is no such file"):
        read_file(tmp_path / "a.toml", CATALOG)
    with pytest.raises(Problem, match="it is no file"):
        find_requirements("/dev/null", CATALOG)
    with pytest.raises(Problem, match="neither a profile nor a file; did you mean cpu-runner"):
        find_requirements("cpu-runer", CATALOG)
    with pytest.raises(Problem, match="cannot read"):
        find_requirements("a\x00.toml", CATALOG)


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_can_be_read_and_names_its_sources_and_remedies(name):
    profile = read_profile(name, CATALOG)
    assert profile.name == name
    assert profile.sources
    for each in profile.requirements:
        assert each.remediation
        assert each.title != f"{each.metric} {each.operator} {each.written}"


@pytest.mark.parametrize("name", [metric.name for metric in METRICS] + list(profile_names()))
def test_every_metric_and_profile_has_its_row_in_the_readme(name):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert f"| `{name}" in readme


def test_the_profiles_are_those_that_are_promised():
    assert set(profile_names()) == {"cpu-runner", "consumer-gpu", "inference-8gpu", "vast-host", "netmind-power"}


def test_preflight_is_enough_unless_a_requirement_needs_more():
    assert need_of(read(CORES, MEMORY), CATALOG).because is None
    need = need_of(read(CORES, SPEED), CATALOG)
    assert (need.suite, need.because) == (
        "quick",
        "s asks for kernel.gemm.fp32, which quick is the first suite to show",
    )
    assert need_of(read(SPEED + 'phase = "sustained"\n'), CATALOG).suite == "standard"
    left_out = SPEED.replace("fp32", "tf32").replace('"cpu"', '"gpu"')
    assert need_of(read(left_out), CATALOG).suite == "standard"
    longer = SPEED.replace("gemm.fp32", "decoder.decode.fp32").replace("1 GFLOP/s", "1 tokens/s")
    assert need_of(read(longer), CATALOG).suite == "standard"


def test_only_the_devices_that_are_required_are_measured():
    assert need_of(read(CORES), CATALOG).devices == ("cpu",)
    assert need_of(read(MEMORY), CATALOG).devices == ("gpu",)
    assert need_of(read(MEMORY, SPEED), CATALOG).devices == ("gpu", "cpu")


def test_a_finding_that_can_be_required_is_one_that_can_be_found(found_ids):
    assert found_ids <= set(FINDING_IDS), "put them into netmind_tui/certify/metric_finding.py"


@pytest.fixture
def found_ids():
    """The ids that the code writes out, as the test of findings sees them."""
    path = Path(__file__).parents[1] / "architecture/test_findings.py"
    spec = importlib.util.spec_from_file_location("findings", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._found()
