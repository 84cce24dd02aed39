"""What is done about noise from the page of pager load: follow-ups, a lower urgency, rules; by whom."""

import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from escalation.models import Service
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from tests.web.shop import BACKEND, browser, page, press
from tests.web.test_load import LIVE, kept, world  # noqa: F401 - a fixture
from watchbill.reports.models import FollowUp

NEW, LOWER = "/load/team/Payments/follow-up", "/load/team/Payments/lower"
DISK = {"service": "payments-api", "alert": "DiskFull{cluster=eu1}"}
MATCH = "alertname=DiskFull\ncluster=eu1"


def opened(world, **changed):  # noqa: F811
    due = (world.now + timedelta(days=3)).date().isoformat()
    fields = {**DISK, "what": "Let it wait longer", "owner": str(world.ana.pk), "due": due}
    return press(world.mia, NEW, **{**fields, **changed})


def test_a_follow_up_stands_on_the_teams_page_and_on_its_owners_first_page(world):  # noqa: F811
    assert "Ana Ruiz is to do it until 2026-03-07" in opened(world)
    assert "Let it wait longer" in page(world.bo, LIVE)
    assert "Let it wait longer" in page(world.ana, "/")
    assert "Let it wait longer" not in page(world.bo, "/")
    entry = Entry.objects.get(verb=Verb.FOLLOW_UP_OPENED)
    about = "DiskFull{cluster=eu1} of payments-api"
    said = f"opened a follow-up about {about}, for Ana Ruiz until 2026-03-07: Let it wait longer"
    assert (entry.actor, entry.what) == (world.mia, said)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"due": "2026-03-03"}, "write one from 2026-03-04 on"),
        ({"due": "soon"}, "is no date"),
        ({"due": "2036-03-03"}, "within a year"),
        ({"owner": "0"}, "Choose who is to do it"),
        ({"what": " \x00"}, "Nothing is said of what is to be done"),
        ({"what": "x" * 301}, "write at most 300"),
        ({"service": ""}, "Name the service"),
    ],
)
def test_what_cannot_be_followed_up_is_said_and_nothing_is_opened(world, changed, said):  # noqa: F811
    seen = opened(world, **changed)
    assert said in seen
    assert "DiskFull{cluster=eu1}" in seen, "what was written stays"
    assert not FollowUp.objects.exists()


def test_an_alert_has_one_open_follow_up(world):  # noqa: F811
    opened(world)
    assert "There is an open follow-up about" in opened(world)
    assert FollowUp.objects.count() == 1


def test_its_owner_says_what_came_of_it_once(world):  # noqa: F811
    opened(world)
    row = FollowUp.objects.get()
    address = f"/load/follow-ups/{row.pk}/done"
    assert browser(world.bo).post(address, {"outcome": "x"}).status_code == 404
    assert "Nothing is said of what came of it" in press(world.ana, address, outcome="", back="home")
    assert "Done: Let it wait longer." in press(
        world.ana, address, outcome="It waits 10 minutes", back="home"
    )
    assert "done on 2026-03-04 already" in press(world.mia, address, outcome="again")
    row.refresh_from_db()
    assert (row.outcome, row.done_by) == ("It waits 10 minutes", world.ana)
    assert Entry.objects.filter(verb=Verb.FOLLOW_UP_DONE).count() == 1
    assert "Let it wait longer" not in page(world.ana, "/")


def test_one_that_is_late_is_marked(world):  # noqa: F811
    opened(world)
    FollowUp.objects.update(due=date(2026, 3, 3))
    for reader, address in ((world.ana, "/"), (world.mia, LIVE)):
        assert "overdue since Tue 3 Mar 2026" in page(reader, address)


def test_the_page_of_a_lower_urgency_says_what_it_will_do_and_does_it(world):  # noqa: F811
    address = f"{LOWER}?{urlencode({**DISK, 'match': MATCH})}"
    seen = page(world.mia, address)
    said = "From now on DiskFull{cluster=eu1} of payments-api is SEV-4: it pages nobody, at night or by day"
    assert said in seen
    assert "is SEV-3: but for this service that pages at any hour, as before" in seen
    assert said in press(world.mia, LOWER, **DISK, match=MATCH, severity="SEV-4")
    rule = {"match": {"alertname": "DiskFull", "cluster": "eu1"}, "severity": "SEV-4"}
    assert Service.objects.get(name="payments-api").severity_rules == [rule]
    entry = Entry.objects.filter(verb=Verb.SERVICE_CHANGED).latest("id")
    assert entry.actor == world.mia
    assert "That is so already" in press(world.mia, LOWER, **DISK, match=MATCH, severity="SEV-4")
    press(world.mia, LOWER, **DISK, match=MATCH, severity="SEV-3")
    rules = Service.objects.get(name="payments-api").severity_rules
    assert rules == [rule | {"severity": "SEV-3"}], "in the place of the other"


@pytest.mark.parametrize(
    ("match", "severity", "said"),
    [
        ("", "SEV-4", "no labels by which a rule could mean it"),
        ("alertname=Disk*", "SEV-4", "a severity is told by whole values"),
        (MATCH, "SEV-1", "Choose SEV-4 or SEV-3"),
        ("nonsense", "SEV-4", "nonsense"),
    ],
)
def test_what_cannot_be_lowered_is_said(world, match, severity, said):  # noqa: F811
    assert said in press(world.mia, LOWER, **DISK, match=match, severity=severity)
    assert not Service.objects.get(name="payments-api").severity_rules


def test_who_may_not_edit_the_team_is_shown_no_action_and_may_do_none(world):  # noqa: F811
    stored = kept(world)
    assert "Lower urgency" in page(world.mia, f"/load/reports/{stored.uid}")
    assert "Lower urgency" not in page(world.ana, f"/load/reports/{stored.uid}")
    for address in (NEW, LOWER):
        assert browser(world.ana).post(address, DISK).status_code == 403
        assert browser(world.eve).post(address, DISK).status_code == 404
    assert browser(world.mia).post(LOWER, {"service": "gone"}).status_code == 404


def test_another_teams_service_is_not_lowered(world):  # noqa: F811
    Service.objects.update(team=world.other)
    assert browser(world.mia).post(LOWER, {**DISK, "match": MATCH, "severity": "SEV-4"}).status_code == 404


def test_nothing_is_done_without_the_token_of_the_form(world):  # noqa: F811
    opened(world)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.mia, backend=BACKEND)
    for address in (NEW, LOWER, f"/load/follow-ups/{FollowUp.objects.get().pk}/done"):
        assert client.post(address, {**DISK, "outcome": "x"}).status_code == 403


def test_a_rule_is_asked_for_with_what_it_is_about_filled_in(world):  # noqa: F811
    seen = page(world.mia, f"/load/reports/{kept(world).uid}")
    address = next(one for one in re.findall(r'href="(/rules/new[^"]*)"', seen) if "kind=trial" in one)
    asked = parse_qs(urlsplit(address.replace("&amp;", "&")).query)
    assert asked["service"] == ["storage"]
    form = browser(world.mia).get("/rules/new", {**asked, "service": "payments-api"}).content.decode()
    assert "alertname=DiskFull\ncluster=eu1</textarea>" in form
    assert 'value="trial" checked' in form
    assert 'value="7 pages, 5 of 6 labelled not actionable"' in form
    assert "<option selected>payments-api" in form
