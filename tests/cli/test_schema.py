import json

import jsonschema
import pytest
from typer.testing import CliRunner

from netmind_tui.cli.main import made, main
from netmind_tui.document import SCHEMAS


def run(*arguments):
    return CliRunner().invoke(made(), ["schema", *arguments])


def test_without_a_name_all_documents_are_listed():
    assert run().stdout.split() == list(SCHEMAS)


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_every_schema_is_printed(name):
    found = json.loads(run(name).stdout)

    jsonschema.Draft202012Validator.check_schema(found)
    assert found["title"].startswith(f"netmind.{name}/")


def test_an_unknown_name_ends_with_2_and_the_nearest(capsys):
    assert main(["schema", "ifno"]) == 2
    assert "did you mean info?" in capsys.readouterr().err


def test_a_schema_can_be_written_to_a_file(tmp_path):
    assert main(["schema", "info", "-o", str(tmp_path / "info.json")]) == 0
    assert json.loads((tmp_path / "info.json").read_text()) == json.loads(run("info").stdout)
