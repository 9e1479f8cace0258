"""A D-Bus daemon of its own, and what plays logind on it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection

from netmind_tui.probe.logind import Logind

FAKE = Path(__file__).with_name("logind.py")
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  {more}
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/>
  </policy>
</busconfig>
"""


def why_not() -> str | None:
    """What is missing to start one, if anything."""
    return None if shutil.which("dbus-daemon") else "no dbus-daemon on this machine: install dbus-daemon"


class Bus:
    """A bus in a folder, and logind on it; ``clock`` is that of whoever asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix:path={folder}/bus"
        self.told = folder / "sessions.json"
        self.children = []
        self.clock = 1000.0

    def start(self, more=""):
        (self.folder / "bus").unlink(missing_ok=True)
        configuration = self.folder / "bus.conf"
        configuration.write_text(CONFIGURATION.format(socket=self.folder / "bus", more=more))
        return self._child("dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address=1")

    def logind(self, *sessions, **more):
        self.tell(*sessions, **more)
        return self._child(sys.executable, str(FAKE), self.address, str(self.told))

    def tell(self, *sessions, **more):
        self.told.write_text(json.dumps({"sessions": sessions, **more}))

    def asked(self, **more):
        return Logind(self.address, clock=lambda: self.clock, **more)

    def inhibitors(self):
        """What is held now: what, who, why, how."""
        manager = DBusAddress("/org/freedesktop/login1", "org.freedesktop.login1", "org.freedesktop.login1.Manager")
        with open_dbus_connection(bus=self.address) as connection:
            (listed,) = connection.send_and_get_reply(new_method_call(manager, "ListInhibitors")).body
        return [tuple(each[:4]) for each in listed]

    def _child(self, *command):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.children.append(child)
        assert child.stdout.readline()
        return child

    def end(self):
        for child in reversed(self.children):
            child.kill()
            child.wait()
            child.stdout.close()
