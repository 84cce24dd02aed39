"""The page on which a key's mapping is written, and tried on what was posted last."""

from datetime import timedelta

import pytest

from escalation.actions import config
from escalation.actions.mappings import set_mapping
from escalation.forms.mapping import ORDER, spelled_words, words_of
from escalation.models import Alert, LastPost, RoutingKey, Service
from escalation.sources.mapping import FIELDS, WORDS
from people.ledger.models import Entry
from tests.escalation.sources.payloads import payload
from tests.world import TESTS

PUMP = '{"alert": {"name": "Pump is down", "state": "bad", "id": 7, "level": "critical", "up": "https://a.example"}}'
TYPED = {
    "summary": "alert.name", "action": "alert.state", "resolve_when": "good, 0", "dedup_key": "alert.id",
    "severity": "alert.level", "labels": "{level: alert.level}", "links": "{up: alert.up}",
}  # fmt: skip
LARGE = "to_number('" + "9" * 400 + "')"


def text(answer):
    return answer.content.decode()


@pytest.fixture
def address(world):
    return f"/admin/escalation/routingkey/{world.key.pk}/mapping/"


def stored(world):
    return RoutingKey.objects.get(pk=world.key.pk).mapping


def keep(world, body, outcome="taken"):
    at = world.now - timedelta(minutes=3)
    LastPost.objects.create(key=world.key, outcome=outcome, at=at, source="generic", status=200, body=body)


def test_there_is_a_field_for_all_there_is():
    assert set(ORDER) == {*FIELDS, *WORDS}


def test_what_was_posted_last_is_there_to_try_on(mia, world, address):
    keep(world, PUMP)
    keep(world, '{"x": "refused"}', "refused")
    set_mapping(key=world.key, mapping={"summary": "alert.name"}, by=TESTS, now=world.now)
    page = text(mia.get(address))
    assert "Pump is down" in page
    assert "The last that was taken in, 3 min ago" in page
    assert "The last that was refused, 3 min ago" in page
    assert ">alert.name</textarea>" in page
    assert "&quot;Pump is down&quot;" in page  # what the field found
    other = text(mia.post(address, {"use": "refused", "summary": "alert.name", "payload": PUMP}))
    assert "x: refused" in other
    assert ">alert.name</textarea>" in other


def test_the_events_are_shown_as_this_service_grades_them(mia, world, address):
    Service.objects.filter(pk=world.service.pk).update(severities={"critical": "SEV-3"})
    page = text(mia.post(f"{address}try/", {**TYPED, "payload": PUMP}))
    assert "1 event." in page
    assert "<h3>Pump is down</h3>" in page
    assert "opens, or counts on, an alert" in page
    assert "SEV-3" in page
    assert "“critical” is SEV-3 here, by the service&#x27;s own rule" in page
    assert "<code>7</code>" in page
    assert "level=critical" in page
    assert "up: https://a.example" in page
    ends = text(mia.post(f"{address}try/", {**TYPED, "payload": PUMP.replace('"bad"', "0")}))
    assert "<strong>resolves</strong>" in ends
    assert not Alert.objects.exists()
    assert not Entry.objects.filter(verb="routing_key.changed").exists()
    assert stored(world) == {}


def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_tried(mia, address):
    typed = {**TYPED, "summary": "$.alert.name", "source": "sum(alert.id)", "payload": PUMP}
    page = text(mia.post(f"{address}try/", typed))
    assert "Character 1: “$.alert.name” cannot stand there" in page
    assert "sum() was given a number; it takes a list of numbers; so it is read by the usual names." in page
    assert "without summary, which cannot be read yet" in page
    assert "<code>7</code>" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"payload": "{"}, "The body is not JSON"),
        ({"payload": ""}, "the body is empty"),
        ({"payload": '{"alerts": 5}', "each": "alerts"}, "each found no list in what was posted"),
        ({"payload": '{"alerts": []}', "each": "alerts"}, "No event: nobody is paged."),
        ({"payload": '{"kind": "ping"}', "ignore_when": "kind == 'ping'"}, "nobody is paged; 1 ignored."),
        ({"payload": '{"title": "t"}'}, "made of the summary"),
        ({"payload": '{"a": [1,2]}', "each": "a", "labels": "item"}, "2 items"),
        ({"payload": "[" + "{}," * 1500 + "{}]"}, "502 items were not read"),
        ({"payload": '{"a": 1}', "summary": LARGE}, "something that cannot be shown"),
        ({"payload": "{}"}, "There is nothing in it"),
        ({"payload": "summary=a+form"}, "<h3>a form</h3>"),
        ({"payload": '{"a": 1}', "resolve_when": "x" * 101}, "of at most 100 letters"),
        ({"payload": '{"title": "<script>alert(1)</script>"}'}, "&lt;script&gt;alert(1)"),
    ],
)  # fmt: skip
def test_whatever_is_typed_is_answered(mia, address, typed, said):
    answer = mia.post(f"{address}try/", typed)
    assert answer.status_code == 200
    assert said in text(answer)
    assert mia.post(address, {**typed, "try": "1"}).status_code == 200


def test_saving_goes_through_the_verb_and_stands_there_again(mia, world, address):
    answer = mia.post(address, {**TYPED, "payload": PUMP, "save": "1"})
    assert (answer.status_code, answer["Location"]) == (302, address)
    expected = {**TYPED, "resolve_when": ["good", "0"]}
    assert stored(world) == {name: expected[name] for name in (*FIELDS, *WORDS) if name in expected}
    [entry] = Entry.objects.filter(verb="routing_key.changed")
    assert entry.actor_name.startswith("Mia Falk")
    page = text(mia.get(address))
    assert "Saved: from now on" in page
    assert 'value="good, 0"' in page
    assert ">{level: alert.level}</textarea>" in page
    key_page = text(mia.get(f"/admin/escalation/routingkey/{world.key.pk}/change/"))
    assert "by a mapping of action, dedup_key, summary" in key_page
    assert address in key_page
    mia.post(address, {"save": "1", "payload": PUMP})
    assert stored(world) == {}


def test_what_cannot_be_read_is_not_saved_and_stays_typed(mia, world, address):
    page = text(mia.post(address, {"summary": "$.name", "payload": PUMP, "save": "1"}))
    assert "Character 1" in page
    assert ">$.name</textarea>" in page
    assert stored(world) == {}
    assert mia.post(address, {"summary": "a", "payload": "{", "save": "1"}).status_code == 302
    assert stored(world) == {"summary": "a"}  # what it is tried on is another matter


def test_a_preset_fills_the_fields_and_saves_nothing(mia, world, address):
    body = payload("generic/azure_monitor.json").decode()
    answer = mia.post(address, {"preset": "azure", "fill": "1", "payload": body, "summary": "mine"})
    page = text(answer)
    assert ">data.essentials.alertId</textarea>" in page
    assert "WCUS-R2-Gen2" in page
    assert "Enable the common alert schema" in page
    assert "mine" not in page
    assert stored(world) == {}


def test_only_who_edits_the_service_sees_it(mia, zoe, root, world, address):
    for address_of in (address, f"{address}try/"):
        call = "post" if "try" in address_of else "get"
        assert getattr(zoe, call)(address_of).status_code == 404
        assert getattr(root, call)(address_of).status_code == 200
    assert mia.get(f"{address}try/").status_code == 405
    assert mia.get(address.replace(str(world.key.pk), "999999")).status_code == 404
    config.revoke_routing_key(key=world.key, by=TESTS, now=world.now)
    assert mia.get(address).status_code == 404


def test_words_are_parted_by_commas():
    assert words_of("ok,  closed , 0") == ["ok", "closed", "0"]
    assert words_of('"a, b", c') == ["a, b", "c"]
    assert words_of("") == words_of(" , ") == []
    for words in (["ok"], ["a, b", "c"], ['say "x"', "y"], ["0", "false"]):
        assert words_of(spelled_words(words)) == words
