"""The pages of pager load: who sees what, that a stored report stays, and what a bad address is told."""

import re
from datetime import timedelta

import pytest
import time_machine

from escalation.models import Incident
from people.actions import create_team, set_members
from people.models import User
from tests.reports.made import Team
from tests.reports.sample import report
from tests.web.shop import browser, page
from tests.world import TESTS
from watchbill.reports.actions.storing import store

LIVE = "/load/team/Payments/"


@pytest.fixture
def world(db):
    """Wednesday; Ana was woken on Tuesday. Eve manages a team of her own; Root is of no team."""
    world = Team()
    world.now += timedelta(days=1)
    world.eve = world.person("eve", "Eve Hall")
    world.other = create_team(name="Ot/her", by=TESTS, now=world.now)
    set_members(team=world.other, members={world.eve: "manager"}, by=TESTS, now=world.now)
    world.root = User.objects.create_superuser("root")
    with time_machine.travel(world.now, tick=False):
        yield world


def kept(world, **more):
    """The sample's week as a stored report of this team, Bo being its “bo”."""
    made = report(team="Payments", team_id=world.team.pk, **more)
    body = made.model_dump_json().replace(f'"user_id":{sum(map(ord, "bo"))}', f'"user_id":{world.bo.pk}')
    return store(type(made).model_validate_json(body), kind="weekly")


def without_token(seen):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", seen)


def test_who_has_not_logged_in_is_asked_to(client, world):
    stored = kept(world)
    for address in ("/load/", LIVE, f"/load/reports/{stored.uid}/"):
        assert client.get(address).status_code == 302
        assert client.get(address)["Location"].startswith("/login/")


def test_the_first_page_shows_the_teams_one_may_see_and_a_square_for_each_week(world):
    stored = kept(world, until=world.now, since=world.now - timedelta(days=7))
    seen = page(world.mia, "/load/")
    assert f'class="square red" href="/load/reports/{stored.uid}"' in seen
    assert "Last week: 1 red, 1 amber and 2 green shifts" in seen
    assert "Ot/her" not in seen
    assert "Payments" not in page(world.eve, "/load")
    assert {"Payments", "Ot/her"} <= set(
        re.findall(r'class="title"[^>]*>([^<]*)<', page(world.root, "/load/"))
    )
    assert 'href="/load" aria-current="page">Load<' in seen


def test_a_team_that_one_may_not_see_is_not_there_as_one_that_does_not_exist(world):
    there, not_there = (browser(world.eve).get(f"/load/team/{name}/") for name in ("Payments", "Nothing"))
    assert there.status_code == not_there.status_code == 404
    assert there.content == not_there.content
    assert browser(world.eve).get(f"/load/reports/{kept(world).uid}/").status_code == 404
    assert page(world.eve, "/load/team/Ot/her/"), "whatever its name is"


def test_a_manager_sees_each_shift_with_its_verdict_and_its_pages(world):
    seen = page(world.mia, LIVE)
    assert "Ana Ruiz" in seen
    assert '<span class="verdict red">Red</span> <strong>Ana Ruiz</strong>' in seen
    assert "2 interruptions in one night" in seen
    for incident in Incident.objects.all():
        assert f'href="/incidents/{incident.pk}"' in seen
    assert seen.index('verdict red">Red') < seen.index('verdict green">Green')
    assert "style=" not in seen
    assert "<script" not in seen


def test_an_engineer_sees_their_own_rows_only_and_no_money(world):
    stored = kept(world)
    for address in (LIVE, f"/load/reports/{stored.uid}/"):
        seen = page(world.bo, address)
        for other in ("Ana", "ana", "Cy", "Dee", "EUR 482", "EUR 90"):
            assert not re.search(rf"\b{other}\b", seen), (
                address,
                other,
            )  # a form's token may hold any letters
        assert "You see your own shifts and pages." in seen
    assert "EUR 120.50" in page(world.bo, f"/load/reports/{stored.uid}/"), "what their own shift cost"
    assert "EUR 482.00" in page(world.mia, f"/load/reports/{stored.uid}/")


def test_a_stored_report_stays_as_it_was_whatever_comes_after(world):
    address = f"/load/reports/{kept(world).uid}/"
    before = without_token(page(world.mia, address))
    assert "71 % of pages from DiskFull{cluster=eu1}" in before
    assert "As it was when it was made" in before
    world.alert("another")
    world.tick()
    assert without_token(page(world.mia, address)) == before


def test_every_number_of_an_alert_leads_to_its_pages(world):
    stored = kept(world)
    seen = page(world.mia, f"/load/reports/{stored.uid}/")
    behind = re.findall(r'href="(\?service=storage&amp;alert=DiskFull[^"]*#pages)"', seen)
    assert {one.partition("&amp;")[2].count("&amp;") for one in behind} == {0, 1}
    shown = page(world.mia, f"/load/reports/{stored.uid}/?service=storage&alert=DiskFull{{cluster=eu1}}")
    pages = shown[shown.index('id="pages"') :]
    assert pages.count("/incidents/") == 3
    missed = page(world.mia, f"/load/reports/{stored.uid}/?what=missed")
    assert missed[missed.index('id="pages"') :].count("/incidents/") == 1


def test_what_is_chosen_is_in_the_address_and_can_be_taken_away(world):
    seen = page(world.mia, f"{LIVE}?days=28&person=ana&verdict=red")
    assert 'href="?days=28&amp;verdict=red" title="Take it away">ana' in seen
    assert "Bo Lind</strong>" not in seen
    assert '<option value="ana" selected>' in seen


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-03-04&until=2026-03-01", "must come after the start"),
        ("since=2016-01-01&until=2026-03-03", "about a year at most"),
        ("since=2030-01-01", "must come after the start"),
        ("since=2030-01-01&until=2031-01-01", "still to come"),
        ("since=yesterday", "is not a time"),
        ("since=%00", "is not a time"),
        ("since=0001-01-01", "outside the years"),
        ("days=9000", "none of the lengths"),
        ("schedule=Paymants", "did you mean Payments?"),
        ("person=nobody", "is not a known person"),
        ("service=old-name&alert=%00", "It may have another name now"),
        ("verdict=blue", "is not a known verdict"),
        ("kind=%F0%9F%92%A9&what=a", "is not a known kind"),
    ],
)
def test_an_address_that_makes_no_sense_is_told_so_and_shows_what_it_can(world, query, said):
    seen = page(world.mia, f"{LIVE}?{query}")
    assert said in seen
    assert "Ana Ruiz" in seen


def test_an_engineer_is_told_no_name_by_a_filter(world):
    assert "ana" not in re.sub(r"[Mm]anage\w*", "", page(world.bo, f"{LIVE}?person=an"))


def test_this_shift_is_the_readers_own(world):
    assert "Mon 2 Mar 2026 09:00" in page(world.ana, f"{LIVE}?days=shift")
    nobody = page(world.eve, "/load/team/Ot/her/?days=shift")
    assert "Nobody is on call for Ot/her now." in nobody


def test_reports_that_are_kept_are_listed_another_persons_shift_to_managers_only(world):
    weekly = kept(world)
    of_ana = store(report(team_id=world.team.pk), kind="shift", about=world.ana, shift="Payments, primary")
    for reader, seen in ((world.mia, True), (world.ana, True), (world.bo, False)):
        listed = page(reader, LIVE)
        assert str(weekly.uid) in listed
        assert (str(of_ana.uid) in listed) == seen
        assert browser(reader).get(f"/load/reports/{of_ana.uid}/").status_code == (200 if seen else 404)
