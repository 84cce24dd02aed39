"""What examples/ gives to senders that speak no HTTP of their own, and a library that does: really run."""

import re
import subprocess
from pathlib import Path

import apprise
import orjson
import pytest
from ruamel.yaml import YAML

from escalation.sources.event import Action
from tests.escalation.sources.payloads import only, parse
from tests.fakes.loopback import Loopback, Response

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPT = EXAMPLES / "nagios" / "notify-watchbill"
MACRO = re.compile(r"\$([A-Z]+)\$")


class Taker:
    """A web server that keeps what it is posted, and answers it with these, one after the other."""

    def __init__(self, *statuses):
        self.posts, self._left = [], list(statuses)
        self._server = Loopback(self._answer)
        self.url = self._server.url

    def _answer(self, request):
        self.posts.append(request)
        return Response(self._left.pop(0) if self._left else 200, b"{}")

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop()


def notify(tmp_path, url, *pairs):
    address = tmp_path / "watchbill.address"
    address.write_text(f"{url}/integrations/nagios/0123\n")
    return subprocess.run([SCRIPT, address, *pairs], capture_output=True, text=True, timeout=60, check=False)


def test_the_script_says_what_nagios_says_whatever_signs_are_in_it(tmp_path):
    odd = "50% of a&b=c; \"d\" 'e' $(f) `g` @h +1 ü\nnext line"
    with Taker() as taker:
        done = notify(
            tmp_path,
            taker.url,
            "NOTIFICATIONTYPE=PROBLEM",
            "HOSTNAME=db1",
            "SERVICEDESC=Disk",
            "SERVICESTATE=CRITICAL",
            f"SERVICEOUTPUT={odd}",
            "HOSTALIAS=",
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert taker.posts[0].path == "/integrations/nagios/0123"
    event = only("nagios", taker.posts[0].body)
    assert event.payload["SERVICEOUTPUT"] == odd
    assert event.payload["HOSTALIAS"] == ""


def test_the_script_tries_again_while_the_web_restarts(tmp_path):
    with Taker(503) as taker:
        done = notify(tmp_path, taker.url, "NOTIFICATIONTYPE=RECOVERY", "HOSTNAME=db1")
    assert (done.returncode, len(taker.posts)) == (0, 2)


def test_the_script_fails_aloud_for_an_address_that_is_not_found(tmp_path):
    with Taker(404) as taker:
        done = notify(tmp_path, taker.url, "NOTIFICATIONTYPE=PROBLEM", "HOSTNAME=db1")
    assert done.returncode != 0
    assert "404" in done.stderr


@pytest.mark.parametrize("kind", ["host", "service"])
def test_the_commands_for_nagios_say_what_the_parser_reads(kind):
    text = (EXAMPLES / "nagios" / "watchbill.cfg").read_text()
    command = re.search(rf"notify-{kind}-by-watchbill\n\s+command_line\s+(.*)", text)[1]
    pairs = [pair.split("=") for pair in re.findall(r"'([^']+)'", command)]
    assert all(value == f"${name}$" for name, value in pairs)
    macros = {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "db1", "SERVICEDESC": "Disk", "HOSTSTATE": "DOWN"}
    macros |= {"SERVICESTATE": "WARNING", "HOSTOUTPUT": "gone", "SERVICEOUTPUT": "full"}
    event = only("nagios", {name: macros.get(name, "") for name, _ in pairs})
    assert event.summary == {"host": "db1 is DOWN: gone", "service": "Disk on db1 is WARNING: full"}[kind]


def test_the_media_type_of_zabbix_says_what_the_parser_reads():
    exported = YAML(typ="safe").load((EXAMPLES / "zabbix" / "watchbill.yaml").read_text())
    [media] = exported["zabbix_export"]["media_types"]
    unfilled = {one["name"]: one["value"] for one in media["parameters"] if one["name"] != "address"}
    assert parse("zabbix", unfilled) == []
    macros = {
        "{EVENT.ID}": "7",
        "{EVENT.VALUE}": "1",
        "{EVENT.NSEVERITY}": "4",
        "{EVENT.NAME}": "Disk is full",
    }
    filled = {name: macros.get(value, "") for name, value in unfilled.items()}
    event = only("zabbix", filled)
    assert (event.action, event.severity, event.summary) == (Action.TRIGGER, "SEV-2", "Disk is full")


def test_the_template_for_datadog_says_what_the_parser_reads():
    template = orjson.loads((EXAMPLES / "datadog.json").read_bytes())
    variables = {
        "$ALERT_CYCLE_KEY": "c1",
        "$ALERT_TRANSITION": "Recovered",
        "$EVENT_TITLE": "[Recovered] CPU",
    }
    event = only("datadog", {name: variables.get(value, "") for name, value in template.items()})
    assert (event.action, event.dedup_key) == (Action.RESOLVE, "datadog:c1")


@pytest.mark.parametrize(
    ("kind", "action"), [("failure", Action.TRIGGER), ("success", Action.RESOLVE), ("info", Action.TRIGGER)]
)
def test_apprise_itself_posts_what_the_parser_reads(kind, action):
    with Taker() as taker:
        sender = apprise.Apprise()
        sender.add(f"{taker.url.replace('http', 'json')}/integrations/apprise/0123")
        assert sender.notify(title="Backup of db1", body="refused", notify_type=kind)
    event = only("apprise", taker.posts[0].body)
    assert (event.action, event.dedup_key) == (action, "apprise:Backup of db1")
