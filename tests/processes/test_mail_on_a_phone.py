"""From the mail to the acknowledgement, with a thumb: a real server, a real mail, a real browser."""

import json
import re
from urllib.request import Request, urlopen

import pytest

from tests.fakes.mailbox import FakeMailbox
from tests.processes.browser import phone
from tests.processes.killing import post
from tests.processes.tree import PATIENCE, ROOT, fetch, manage

ORGANISATION = ROOT / "tests/processes/organisation.yaml"
pytestmark = [pytest.mark.processes, pytest.mark.browser]


@pytest.fixture
def mailbox():
    with FakeMailbox() as mailbox:
        yield mailbox


@pytest.fixture
def tree(make_tree, mailbox, tmp_path):
    """Nobody but the first one on call is paged while the browser starts."""
    organisation = tmp_path / "organisation.yaml"
    organisation.write_text(ORGANISATION.read_text().replace("timeout: 2s", "timeout: 30m"))
    tree = make_tree("--no-demo", EMAIL_URL=f"smtp://{mailbox.host}:{mailbox.port}")
    tree.start()
    tree.wait_until_up()
    manage(tree, "apply", str(organisation))
    return tree


def newest(tree, token):
    status, body = fetch(f"{tree.url}/api/v1/incidents", Authorization=f"Bearer {token}")
    assert status == 200, body
    return json.loads(body)["results"][0]


def test_a_thumb_on_the_mails_button_acknowledges_and_a_preview_does_not(tree, mailbox, tmp_path):
    token = manage(tree, "token", "mia").split()[-1]
    assert post(tree, "DiskFull") == 202
    mail = mailbox.expect_mail(to="ana@example.com", subject="DiskFull", timeout=PATIENCE)
    written = re.sub(r"http://[^/\"]+/p/", f"{tree.url}/p/", mail.body("html"))
    (link,) = set(re.findall(r"http://[^\"]+/p/[^\"]+", written))

    # Whoever shows a preview of the link, or scans the mail, opens it: nothing happens.
    with urlopen(Request(link, method="HEAD"), timeout=PATIENCE) as answer:  # noqa: S310 - our own server
        assert answer.status == 200
    assert fetch(link)[0] == 200
    assert newest(tree, token)["status"] == "triggered"

    letter = tmp_path / "mail.html"
    letter.write_text(written, encoding="utf-8")
    with phone(tmp_path / "browser") as screen:
        screen.open(letter.as_uri())
        assert screen.fits
        assert "DiskFull" in screen.text
        screen.press("Acknowledge")
        screen.wait_for("Since")
        assert screen.fits
        assert newest(tree, token)["status"] == "triggered"
        screen.press("Acknowledge")
        screen.wait_for("You acknowledged")
        assert screen.fits
    acknowledged = newest(tree, token)
    assert (acknowledged["status"], acknowledged["acknowledged_by"]) == ("acknowledged", "ana")
