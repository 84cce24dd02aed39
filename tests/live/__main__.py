"""Lets clients that others wrote trigger, repeat, acknowledge and resolve, and looks what came of it.

python -m tests.live [a part of a client's name]
"""
# ruff: noqa: T201 - it speaks to a terminal

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.live.https import Front
from tests.live.places import HERE, Missing, installed, node_modules, python
from tests.processes.tree import Tree, fetch, free_port, manage, until

KEY = "0123456789abcdef0123456789abcdef"
BASIC = ("trigger", "repeat", "acknowledge", "resolve")
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
CANNOT_BEGIN = 2
VERSION = re.compile(r"\d+(\.\d+)+")


@dataclass(frozen=True)
class Client:
    """`package` and where it is from; `script` speaks by it; it is asked for `asks`, in that order. What is
    no package of PyPI or npm is a `program` of Debian, which knows `--version`; one
    that `lasts` is told to `end` at last.
    """

    package: str
    script: str
    speaks: str
    asks: tuple[str, ...] = BASIC
    program: str = ""
    lasts: bool = False
    alias: str = ""


CLIENTS = (
    Client("pagerduty", "pd_pagerduty.py", "Events API v2", (*BASIC, "change")),
    Client("pdpyras", "pd_pdpyras.py", "Events API v2", (*BASIC, "change")),
    Client("@pagerduty/pdjs", "pd_pdjs.js", "Events API v2", (*BASIC, "change")),
    Client("apprise", "apprise_pagerduty.py", "Events API v2", ("trigger", "repeat", "resolve")),
    Client(
        "opsgenie-sdk",
        "og_opsgenie.py",
        "Opsgenie v2",
        ("trigger", "repeat", "acknowledge", "unacknowledge", "snooze", "note", "resolve"),
    ),
    Client("opsgenie-sdk", "og_node.js", "Opsgenie v2"),
    Client(
        "apprise",
        "apprise_opsgenie.py",
        "Opsgenie v2",
        ("trigger", "repeat", "acknowledge", "note", "resolve"),
    ),
    Client(
        "nagios4-core",
        "nagios.py",
        "notify script",
        program="nagios4",
        lasts=True,
        alias="event_source=service;host_name=db1;service_desc=Disk",
    ),
    Client("swaks", "mail_swaks.py", "mail", program="swaks"),
)
AFTER = {  # the incident's status, and the events of its alert
    "trigger": ("triggered", 1),
    "repeat": ("triggered", 2),
    "acknowledge": ("acknowledged", 2),
    "unacknowledge": ("triggered", 2),
    "snooze": ("acknowledged", 2),
    "resolve": ("resolved", 2),
}


class Installation:
    """A whole one with a small organisation, and its https front."""

    def __init__(self, tree, front, folder):
        self.tree, self.front, self.folder = tree, front, folder
        self._token = manage(tree, "token", "mia").split()[-1]

    def stands(self, alias):
        """(status, events) of the newest incident with this alert."""
        for one in self._read("/incidents")["results"]:
            alerts = self._read(f"/incidents/{one['id']}")["alerts"]
            if alerts and alerts[0]["dedup_key"] == alias:
                return one["status"], alerts[0]["event_count"]
        return None

    def _read(self, path):
        status, body = fetch(f"{self.tree.url}/api/v1{path}", Authorization=f"Bearer {self._token}")
        assert status == 200, body
        return json.loads(body)


def main():
    chosen = [one for one in CLIENTS if not sys.argv[1:] or sys.argv[1] in one.script + one.package]
    try:
        interpreter, modules = python(), node_modules()
        for client in chosen:
            if client.program:
                installed(client.program, by=client.package)
    except Missing as fault:
        print(f"The clients cannot be installed: {fault}", file=sys.stderr)
        return CANNOT_BEGIN
    faults = []
    mail = f"127.0.0.1:{free_port()}"
    with (
        tempfile.TemporaryDirectory(prefix="live-") as name,
        Tree(var=Path(name) / "var", environment={"MAIL_LISTEN": mail}, arguments=("--no-demo",)) as tree,
    ):
        tree.wait_for(lambda line: "mail_listens" in line)
        manage(tree, "apply", "tests/processes/organisation.yaml")
        with Front(port=tree.port, folder=Path(name)) as front:
            there = Installation(tree, front, Path(name))
            for client in chosen:
                command = [interpreter] if client.script.endswith(".py") else ["node"]
                faults += speak(client, command, modules, there)
    return 1 if faults else 0


def speak(client, command, modules, there):
    """Ask the client for one thing after the other. Returns what went wrong, and stops there."""
    alias = client.alias or f"{client.script} / 100 %"
    told = [*command, HERE / "clients" / client.script], environment_of(alias, modules, there)
    seen = []
    try:
        for what in client.asks:
            if fault := ask(what, *told) or not_so(what, alias, there):
                print(f"{client.package} ({client.script}), {what}: {fault}", flush=True)
                return [fault]
            seen.append(what)
    finally:
        if client.lasts:
            ask("end", *told)
    print(f"{version(client, modules):<28}{client.speaks:<16}{', '.join(seen)}", flush=True)
    return []


def ask(what, command, environment):
    """What went wrong, in its own words; empty where all is well."""
    ran = subprocess.run(
        [*command, what], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    return (ran.stdout + ran.stderr).strip()[-1500:] if ran.returncode else ""


def environment_of(alias, modules, there):
    """What a client is told, and how it trusts the front."""
    trusted = dict.fromkeys(TRUST, str(there.front.certificate))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return (
        {
            "KEY": KEY,
            "ALIAS": alias,
            "HTTP": there.tree.url,
            "HTTPS": there.front.url,
            "MAIL": there.tree.environment["MAIL_LISTEN"],
            "NODE_PATH": str(modules),
            "FOLDER": str(there.folder / "kept"),
            "NO_PROXY": "127.0.0.1",
        }
        | kept
        | trusted
    )


def not_so(what, alias, there):
    """What is otherwise than it has to be after this; empty where all is well."""
    wanted = AFTER.get(what)
    if wanted is None:
        return ""
    try:
        until(lambda: there.stands(alias) == wanted, what, within=20)
    except AssertionError:
        return f"it stands at {there.stands(alias)}, not at {wanted}"
    return ""


def version(client, modules):
    """The package and the version that ran."""
    if client.program:
        said = subprocess.run(
            [client.program, "--version"], capture_output=True, text=True, check=False
        ).stdout
        return f"{client.package} {VERSION.search(said)[0]}"
    if client.script.endswith(".js"):
        package = json.loads((modules / client.package / "package.json").read_text())
        return f"{client.package} {package['version']}"
    pinned = dict(
        line.split("==") for line in (HERE / "requirements.txt").read_text().splitlines() if "==" in line
    )
    return f"{client.package} {pinned[client.package]}"


if __name__ == "__main__":
    sys.exit(main())
