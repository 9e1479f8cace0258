"""A stand-in for systemd-logind on a bus of its own: ``python logind.py ADDRESS SESSIONS.json``.

It tells the sessions of the file as it is at each question; ``{"silent": true}`` leaves questions unanswered,
``{"refuse": "org.example.Error"}`` answers the list with an error, in a session that
one, and ``{"refuse_inhibit": …}`` the wish to stay awake. Inhibitors are those whose descriptor is still open
somewhere. A line on stdout says that it has its name.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path

from jeepney import HeaderFields, MessageType, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy, open_dbus_connection

HELD = {}  # our end of the pipe, and what was said of it
SIGNATURES = {"IdleSinceHintMonotonic": "t", "IdleHint": "b", "Remote": "b"}


def answer(message, told):
    fields = {number.name: value for number, value in message.header.fields.items()}
    if fields["member"] == "ListSessions":
        if "refuse" in told:
            return new_error(message, told["refuse"])
        sessions = told["sessions"]
        listed = [(s["id"], 1000, s["user"], s.get("seat", ""), f"/session/{s['id']}") for s in sessions]
        return new_method_return(message, "a(susso)", (listed,))
    if fields["member"] == "Inhibit":
        if "refuse_inhibit" in told:
            return new_error(message, told["refuse_inhibit"])
        ours, theirs = os.pipe()
        HELD[ours] = (*message.body, 1000, 4242)
        return new_method_return(message, "h", (theirs,))
    if fields["member"] == "ListInhibitors":
        return new_method_return(message, "a(ssssuu)", ([HELD[each] for each in HELD if not is_let_go(each)],))
    found = [s for s in told["sessions"] if fields["path"] == f"/session/{s['id']}" and not s.get("gone")]
    if not found:
        return new_error(message, "org.freedesktop.DBus.Error.UnknownObject")
    if "refuse" in found[0]:
        return new_error(message, found[0]["refuse"])
    properties = {name: (SIGNATURES.get(name, "s"), value) for name, value in found[0].items() if name[0].isupper()}
    return new_method_return(message, "a{sv}", (properties,))


def is_let_go(ours):
    return bool(select.select([ours], [], [], 0)[0])  # nobody writes to it: it is readable once it has ended


def main() -> None:
    signal.alarm(60)  # it outlives no test, whatever becomes of who started it
    connection = open_dbus_connection(bus=sys.argv[1], enable_fds=True)
    Proxy(message_bus, connection).RequestName("org.freedesktop.login1")
    print("ready", flush=True)  # noqa: T201 - what its starter waits for
    while True:
        message = connection.receive()
        told = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
        if message.header.message_type is MessageType.method_call and not told.get("silent"):
            reply = answer(message, told)
            connection.send(reply)
            if reply.header.fields.get(HeaderFields.unix_fds):
                os.close(reply.body[0])


if __name__ == "__main__":
    main()
