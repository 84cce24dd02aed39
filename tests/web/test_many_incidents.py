"""Several incidents answered at once on the page, without a script."""

import pytest
from django.test import Client

from escalation.actions import respond
from escalation.models import Incident
from people.ledger.record import Actor
from tests.world import TESTS

LIST = "/incidents"


def text(answer):
    return answer.content.decode()


def post(ana, action, *rows, **more):
    return ana.post(
        "/incidents/many", {"incident": [row.pk for row in rows], "action": action, **more}, follow=True
    )


def status(row):
    return Incident.objects.get(pk=row.pk).status


@pytest.fixture
def three(world):
    return world.alert("a"), world.alert("b"), world.alert("c")


def test_the_list_offers_boxes_for_what_is_open_and_nothing_for_what_is_over(ana, world, three):
    respond.resolve(incident_id=three[0].pk, by=TESTS, now=world.now)
    page = text(ana.get(LIST))
    assert [f'name="incident" value="{row.pk}"' in page for row in three] == [False, True, True]
    for row in three[1:]:
        respond.resolve(incident_id=row.pk, by=TESTS, now=world.now)
    assert "With those chosen" not in text(ana.get(LIST))


def test_those_chosen_are_acknowledged_and_it_says_which_were_not(ana, world, three):
    a, b, _ = three
    world.acknowledge(b, world.bo)
    answer = post(ana, "acknowledge", a, b, status="open", page="1")
    assert answer.redirect_chain == [("/incidents?status=open&page=1", 302)]
    assert f"You acknowledged: #{a.pk}." in text(answer)
    assert f"Incident #{b.pk} is already acknowledged by Bo Lind." in text(answer)
    assert [status(row) for row in three] == ["acknowledged", "acknowledged", "triggered"]


def test_those_chosen_are_resolved(ana, three):
    a, _, c = three
    assert f"You resolved: #{a.pk}, #{c.pk}." in text(post(ana, "resolve", a, c))
    assert [status(row) for row in three] == ["resolved", "triggered", "resolved"]


def test_merging_asks_which_goes_on_and_does_nothing_yet(ana, three):
    page = text(post(ana, "merge", *three))
    assert "Which of them goes on?" in page
    assert page.index("a is full") < page.index("c is full")
    assert {status(row) for row in three} == {"triggered"}


def test_they_go_on_as_the_one_that_was_chosen(ana, three):
    a, b, c = three
    answer = ana.post("/incidents/merge", {"incident": [one.pk for one in three], "into": b.pk}, follow=True)
    assert answer.redirect_chain == [(f"/incidents/{b.pk}", 302)]
    page = text(answer)
    assert f"Merged into #{b.pk}: #{a.pk}, #{c.pk}." in page
    assert "Merged into this one" in page
    gone = text(ana.get(f"/incidents/{a.pk}"))
    assert f'Merged into <a href="/incidents/{b.pk}">#{b.pk}</a> by Ana Ruiz' in gone
    assert f'They are at <a href="/incidents/{b.pk}">' in gone


def test_an_incident_s_page_leads_to_the_list_with_it_ticked_and_first(ana, world, three):
    a, _, _ = three
    assert f"/incidents?status=open&amp;chosen={a.pk}" in text(ana.get(f"/incidents/{a.pk}"))
    page = text(ana.get(f"/incidents?status=open&chosen={a.pk}"))
    assert page.count(f'name="incident" value="{a.pk}"') == 1
    assert f'name="incident" value="{a.pk}" checked' in page
    assert page.index("a is full") < page.index("c is full")


@pytest.mark.parametrize("chosen", ["x", "999999", "9" * 30, "-1", "٣", ""])
def test_a_number_that_is_none_is_passed_over(ana, three, chosen):
    answer = ana.get(LIST, {"chosen": chosen})
    assert (answer.status_code, " checked" in text(answer)) == (200, False)


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("many", {"action": "resolve"}, "Choose at least one incident."),
        ("many", {"action": "explode", "incident": ["1"]}, "Choose what to do with them"),
        ("many", {}, "Choose what to do with them"),
        (
            "many",
            {"action": "resolve", "incident": ["x", "9" * 40, "-1", "²"]},
            "Choose at least one incident.",
        ),
        ("many", {"action": "resolve", "incident": ["999999"]}, "There is no incident #999999."),
        ("many", {"action": "resolve", "incident": range(1, 102)}, "At most 100 incidents"),
        ("many", {"action": "merge", "incident": ["999999", "999998"]}, "Choose at least two open incidents"),
        ("merge", {"incident": ["999999"]}, "Choose the incident that goes on."),
        ("merge", {"into": "999999", "incident": ["999998"]}, "There is no incident #999999."),
        ("merge", {"into": "1", "incident": ["1"]}, "Name at least one incident to merge."),
    ],
)
def test_bad_input_is_answered_with_a_sentence_and_changes_nothing(ana, three, path, sent, said):
    answer = ana.post(f"/incidents/{path}", sent, follow=True)
    assert answer.status_code == 200
    assert said in text(answer)
    assert {status(row) for row in three} == {"triggered"}


@pytest.mark.parametrize("path", ["many", "merge"])
def test_only_a_person_s_own_post_acts(ana, world, three, path):
    assert ana.get(f"/incidents/{path}").status_code == 405
    assert Client().post(f"/incidents/{path}").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.ana, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(f"/incidents/{path}", {"action": "resolve"}).status_code == 403


def test_a_list_says_how_many_alerts_and_that_it_flaps(ana, world, three):
    Incident.objects.filter(pk=three[0].pk).update(alert_count=12, episodes=4)
    for page in (text(ana.get(LIST)), text(ana.get("/")), text(ana.get(f"/incidents/{three[0].pk}"))):
        assert "flapping: 4th time in 24 h" in page
    assert "12 alerts" in text(ana.get(LIST))


def test_the_longest_title_and_markup_in_it_are_shown_as_they_are(ana, world, three):
    title = "<b>" + "x" * 1000
    Incident.objects.filter(pk=three[0].pk).update(title=title)
    page = text(post(ana, "merge", *three))
    assert "&lt;b&gt;xxx" in page
    assert "<b>x" not in page


def test_who_acted_stands_on_each_timeline(ana, world, three):
    post(ana, "acknowledge", *three)
    for row in three:
        assert any(line.startswith("Ana Ruiz (web): acknowledged") for line in world.timeline(row))
    assert Actor.person(world.ana, via="web").name == "Ana Ruiz (web)"
