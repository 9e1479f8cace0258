"""The owner's file is read again when it changed, and when what it was refused for may have been mended."""

import os
from functools import partial

from netmind_tui.node.work.definitions import Changed, Definitions, Refused
from netmind_tui.node.work.file import read_workloads


def test_a_file_that_was_refused_for_a_folder_far_above_is_in_force_once_that_is_mended(tmp_path):
    path = tmp_path / "far/near/workloads.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[workload.a]\ncommand = ["x"]\n')
    path.chmod(0o600)
    path.parent.chmod(0o700)
    path.parent.parent.chmod(0o777)
    definitions = Definitions(path, partial(read_workloads, uid=os.geteuid()))
    assert isinstance(definitions.look(), Refused)
    assert definitions.look() is None
    path.parent.parent.chmod(0o755)
    assert definitions.look() == Changed(added=("a",))
    assert (definitions.refused, definitions.look()) == (None, None)
