"""The generic source: the usual names, a mapping, and that no page is lost by either."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from escalation.sources.event import Action, Malformed, NotGenuine
from escalation.sources.generic import payload_of, prove
from escalation.sources.mapping import FIELDS, WORDS, KeyMapping, faults_of, tidied
from escalation.sources.reading import MOST_ITEMS, read
from escalation.sources.request import Sent
from tests.escalation.sources.payloads import FOLDER, only, parse, payload
from tests.escalation.sources.test_every_parser import bent, check_event, headers, queries, texts, values
from tests.escalation.sources.test_expressions import expressions

TRIGGER, ACKNOWLEDGE, RESOLVE = Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
SECRET = "correct-horse-battery"
PLAIN = SECRET.encode()


def mapped(body, **mapping):
    assert faults_of(mapping) == {}
    return read(payload_of(Sent(body=orjson.dumps(body))), KeyMapping.from_json(mapping), called="probe")


def mapped_event(body, **mapping):
    [item] = mapped(body, **mapping).items
    assert item.faults == {}
    return item.event


# The usual names


def test_what_pagerduty_calls_its_fields_is_read():
    event = only("generic", payload("generic/pd_cef.json"))
    assert (event.action, event.dedup_key) == (TRIGGER, "srv01/HTTP")
    assert (event.summary, event.source) == ("HTTP on srv01 does not answer", "srv01")
    assert (event.word, event.severity) == ("critical", "SEV-1")
    assert event.began_at == NOW
    assert dict(event.labels).items() >= {
        "component": "nginx", "group": "web", "class": "http", "status code": "502", "region": "eu1",
    }.items()  # fmt: skip
    assert event.links == (("source", "https://probe.example/1"), ("runbook", "https://wiki.example/http"))


def test_flat_fields_under_other_names_are_read():
    event = only("generic", payload("generic/flat.json"))
    assert (event.action, event.dedup_key, event.summary) == (
        TRIGGER,
        "generic::backup-db1",
        "Backup of db1 failed",
    )
    assert (event.word, event.severity, event.source) == ("P3", "SEV-3", "db1")
    assert event.labels == {"env": "prod", "team": "storage", "host": "db1", "priority": "P3"}
    assert event.links == (("source", "https://backup.example/jobs/7"),)
    assert event.began_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_a_list_is_an_event_for_each_item():
    first, second, third = parse("generic", payload("generic/list.json"))
    assert (first.dedup_key, first.summary, first.severity) == ("generic::disk-a", "Disk A is full", "SEV-3")
    assert (second.action, second.severity) == (TRIGGER, "SEV-1")
    assert (third.action, third.dedup_key) == (RESOLVE, "generic::disk-c")


def test_a_form_an_address_and_a_bare_text_are_read_too():
    assert only("generic", payload("generic/form.form")).dedup_key == "queue"
    event = only("generic", b"", query={"summary": "s", "dedup_key": "k", "token": "x"})
    assert (event.summary, event.dedup_key, event.payload) == ("s", "k", {"summary": "s", "dedup_key": "k"})
    assert only("generic", b"the disk is full\n").summary == "the disk is full"
    assert only("generic", b"a=b&c=d", content_type="text/plain").summary == "a=b&c=d"
    beside = only("generic", {"summary": "s", "severity": "info"}, query={"severity": "P1", "team": "web"})
    assert (beside.severity, beside.labels["team"]) == ("SEV-4", "web")


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({"status": "resolved"}, RESOLVE), ({"state": "OK"}, RESOLVE), ({"eventAction": "ack"}, ACKNOWLEDGE),
        ({"action": "created", "status": "closed"}, TRIGGER), ({}, TRIGGER), ({"status": 0}, TRIGGER),
        ({"action": "edited", "status": "closed"}, RESOLVE), ({"status": None}, TRIGGER),
        ({"status": "what is this"}, TRIGGER),
        ({"message-type": "RECOVERY"}, RESOLVE), ({"status": ["resolved"]}, TRIGGER),
        ({"alert": {"status": "acknowledged"}}, ACKNOWLEDGE),
    ],
)  # fmt: skip
def test_the_words_of_most_senders_are_known_and_any_other_triggers(fields, action):
    assert only("generic", {"id": 1, **fields}).action is action


def test_nothing_that_can_be_read_is_lost_for_what_is_missing():
    event = only("generic", {"host": "db1", "value": 97.5})
    assert event.summary == "host: db1, value: 97.5"
    assert event.dedup_key == "generic::host: db1, value: 97.5"
    assert event.severity == "SEV-2"
    assert only("generic", {"a": {"b": [1]}}).summary == '{"a":{"b":[1]}}'
    assert [one.summary for one in parse("generic", b'["disk", 7, [1]]')] == ["disk", "7", '{"item":[1]}']
    [item] = read({"title": "t"}).items
    assert item.made_key
    [note] = read({"title": "t"}).notes
    assert "no dedup key" in note


@pytest.mark.parametrize("body", [b"", b"{}", b"{", b"[1", b'{"routing_key":"x"}', b'["\\u0000"]', b"  "])
def test_what_says_nothing_at_all_is_refused(body):
    with pytest.raises(Malformed):
        parse("generic", body)


def test_the_key_that_let_it_in_is_not_kept():
    event = only("generic", {"routing_key": "k" * 32, "summary": "s"})
    assert event.payload == {"summary": "s"}
    assert "k" * 32 not in str(event)


def test_what_looks_like_a_secret_is_no_label():
    event = only(
        "generic", {"host": "db1", "api_token": "hunter2", "details": {"password": "x", "disk": "a"}}
    )
    assert event.labels == {"host": "db1", "disk": "a"}
    assert "hunter2" not in event.summary + event.dedup_key


# A mapping


GRAFANA_LIKE = {
    "env": "prod",
    "alerts": [
        {"name": "disk", "st": "bad", "u": "https://a.example/1", "lv": 2, "at": 1_700_000_000_123},
        {"name": "cpu", "st": 0, "lv": 1},
    ],
}


def test_each_item_is_an_event_and_sees_the_whole_by_root():
    reading = mapped(
        GRAFANA_LIKE,
        each="alerts",
        action="st",
        resolve_when=[0],
        dedup_key="join('/', [root.env, name])",
        summary="join(' ', [name, 'in', root.env])",
        severity="to_string(lv)",
        labels="{env: root.env, name: name}",
        links="[u]",
        began_at="at",
    )
    disk, cpu = reading.events
    assert (disk.action, disk.dedup_key, disk.summary) == (TRIGGER, "prod/disk", "disk in prod")
    assert (disk.word, disk.severity) == ("2", "SEV-2")
    assert disk.labels == {"env": "prod", "name": "disk"}
    assert disk.links == (("source", "https://a.example/1"),)
    assert disk.began_at == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert disk.payload == {"env": "prod", **GRAFANA_LIKE["alerts"][0]}
    assert (cpu.action, cpu.dedup_key, cpu.links) == (RESOLVE, "prod/cpu", ())
    assert reading.faults == reading.notes == []


def test_words_of_a_mapping_stand_in_the_place_of_the_usual_ones():
    words = {"action": "s", "resolve_when": ["Done", False], "acknowledge_when": ["taken"]}
    said = {
        "done": RESOLVE,
        "DONE ": RESOLVE,
        False: RESOLVE,
        "ok": TRIGGER,
        "taken": ACKNOWLEDGE,
        "ack": TRIGGER,
    }
    for word, action in said.items():
        assert mapped_event({"s": word}, **words).action is action
    assert mapped_event({"s": "ok"}, action="s", acknowledge_when=["taken"]).action is RESOLVE
    assert (
        mapped_event({"status": "ok"}, action="s", resolve_when=["x"]).action is RESOLVE
    )  # by the usual name


def test_what_is_ignored_is_no_event():
    assert mapped({"kind": "ping"}, ignore_when="kind == 'ping'").events == []
    assert len(mapped({"kind": "alert"}, ignore_when="kind == 'ping'").events) == 1
    assert (
        len(mapped({"kind": 1}, ignore_when="starts_with(kind, 'p')").events) == 1
    )  # cannot be told: it pages
    assert mapped({"alerts": []}, each="alerts").events == []


def test_what_an_expression_does_not_find_is_read_by_the_usual_names():
    event = mapped_event(
        {"title": "t", "id": 5, "level": "info"}, summary="a.b", dedup_key="c", severity="d[0]"
    )
    assert (event.summary, event.dedup_key, event.severity) == ("t", "generic:probe:5", "SEV-4")


def test_what_cannot_be_worked_out_is_read_by_the_usual_names_and_said():
    [item] = mapped({"title": "t", "n": 1}, summary="sum(n)", labels="n").items
    assert item.event.summary == "t"
    assert item.faults == {"summary": "sum() was given a number; it takes a list of numbers"}


def test_a_mapping_that_is_of_no_use_pages_and_says_so():
    for body in (
        {"title": "Disk is full", "id": 1, "status": "resolved"},
        {"title": "Disk is full", "alerts": 1},
    ):
        reading = mapped(body, each="alerts")
        [event] = reading.events
        assert event.action is TRIGGER
        assert event.summary == (
            "The mapping of routing key probe could not be read; what came: Disk is full "
            "(each found no list in what was posted)"
        )
        assert event.severity == "SEV-2"
        assert event.payload == body
    one, other = (mapped({"title": title}, each="x").events[0].dedup_key for title in ("a", "b"))
    assert one != other  # what is about another thing pages on its own


def test_a_mapping_that_is_too_much_work_pages_and_says_so():
    body = {"items": [{"n": number} for number in range(900)], "text": "x" * 400_000}
    reading = mapped(body, each="items", summary="to_string(root)")
    assert "too much work" in reading.events[0].summary
    assert len(reading.events) == 1


def test_more_than_a_thousand_are_not_read_and_that_is_an_event():
    reading = read([{"id": number} for number in range(MOST_ITEMS + 500)])
    assert len(reading.events) == MOST_ITEMS
    assert reading.events[-1].summary.startswith("501 alerts of one post were not read")
    assert reading.left_out == 501
    assert len(read([{"id": number} for number in range(MOST_ITEMS)]).events) == MOST_ITEMS


def test_what_is_made_of_one_post_is_not_many_times_as_large():
    body = {"items": list(range(900)), "large": {"text": "x" * 100_000}}
    reading = mapped(body, each="items[*].{n: @} | [0:10]", labels="root.large", summary="'s'")
    assert (
        sum(len(orjson.dumps([dict(event.payload), dict(event.labels)])) for event in reading.events)
        < 100_000
    )
    twice = mapped({"l": [1] * 3, "text": "x" * 400_000}, each="[@, @, @, @, @, @, @, @]", summary="'s'")
    assert sum(len(orjson.dumps(dict(event.payload))) for event in twice.events) < 1_300_000


def test_what_no_database_holds_is_taken_out():
    event = mapped_event(
        {"a": 1},
        summary='`"a\\u0000b\\ud800"`',
        dedup_key='`"k\\u0000"`',
        labels='`{"x\\u0000": "y\\u0000"}`',
        source='`"\\ud800"`',
    )
    assert (event.summary, event.dedup_key, dict(event.labels), event.source) == ("ab?", "k", {"x": "y"}, "?")


def test_a_mapping_that_somebody_stored_by_hand_is_no_reason_to_lose_a_page():
    for stored in (None, [], "x", {"summary": 5, "nosuch": "a", "resolve_when": "ok"}, {"summary": "a.["}):
        [event] = read({"title": "t"}, KeyMapping.from_json(stored)).events
        assert event.summary == "t"


def test_what_is_wrong_with_a_mapping_is_said_by_field():
    faults = faults_of({
        "summary": "$.a", "sumary": "a", "action": 5, "resolve_when": "ok", "acknowledge_when": [[]],
        "labels": "", "each": "a\x00",
    })  # fmt: skip
    assert faults["summary"].startswith("Character 1")
    assert "did you mean “summary”" in faults["sumary"]
    assert "write a text" in faults["action"]
    assert "not a list of words" in faults["resolve_when"]
    assert "at most 100 letters" in faults["acknowledge_when"]
    assert set(faults) == {"summary", "sumary", "action", "resolve_when", "acknowledge_when", "each"}
    for wrong in ([], {"resolve_when": ["x"] * 51}, {"resolve_when": [10**400]}):
        assert faults_of(wrong)
    assert tidied({"summary": " a ", "labels": " ", "resolve_when": [0, "0", True, "", "ok"]}) == {
        "summary": "a", "resolve_when": ["0", "true", "ok"],
    }  # fmt: skip


# The examples of docs/generic.md


def examples():
    """Of each section “Example”: the JSON, and the mapping in its table with what its first item finds."""
    page = (FOLDER.parents[1] / "docs" / "generic.md").read_text(encoding="utf-8")
    for section in page.split("### Example")[1:]:
        body = section.split("```json\n")[1].split("\n```")[0]
        rows = [re.split(r"(?<!\\)\|", line) for line in section.splitlines() if line.startswith("| `")]
        yield (
            body,
            [[re.sub(r"^`+ ?| ?`+$", "", cell.strip()).replace("\\|", "|") for cell in row] for row in rows],
        )


@pytest.mark.parametrize(("body", "rows"), list(examples()))
def test_the_examples_of_the_page_are_as_it_says(body, rows):
    given = {name: [said] if name in WORDS else said for _, name, said, *_ in rows}
    assert faults_of(given) == {}
    reading = read(payload_of(Sent(body=body.encode())), KeyMapping.from_json(given), called="k")
    assert reading.faults == []
    found = reading.items[0].found
    for _, name, _, finds, *_ in rows:
        if name in found and finds and name != "began_at":
            expected = finds.split("`")[0]
            assert (
                found[name] if isinstance(found[name], str) else orjson.dumps(found[name]).decode()
            ) == expected
    first, *rest = reading.events
    assert first.action is TRIGGER
    if rest:
        assert (first.severity, rest[0].action) == ("SEV-1", RESOLVE)
    else:
        assert (first.severity, first.began_at) == ("SEV-2", NOW)


# Whatever it is sent


mappings = st.dictionaries(st.sampled_from([*FIELDS]), expressions, max_size=6) | st.fixed_dictionaries(
    {
        "each": st.sampled_from(
            ["items", "a", "@", "[@, @][]", "*", "items[]", "[@, @, @, @][] | [@, @, @, @][]"]
        )
    },
    optional={
        **dict.fromkeys(set(FIELDS) - {"each"}, expressions),
        **dict.fromkeys(WORDS, st.lists(texts, max_size=3)),
    },
)
bodies = st.dictionaries(
    texts | st.sampled_from(["items", "a", "b", "title", "id"]), values, max_size=5
) | st.lists(values, max_size=5)


@settings(max_examples=1200, deadline=None)
@given(bodies, mappings)
def test_no_mapping_of_whatever_is_sent_raises_or_makes_what_does_not_fit(body, mapping):
    try:
        sent = payload_of(Sent(body=orjson.dumps(body)))
    except Malformed:
        return
    reading = read(sent, KeyMapping.from_json(mapping), called="probe")
    assert len(reading.events) <= MOST_ITEMS
    for event in reading.events:
        check_event(event)
    assert all(isinstance(one, str) for one in (*reading.faults, *reading.notes))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), headers, queries)
def test_what_is_signed_with_something_else_is_never_genuine(body, sent_headers, query):
    with pytest.raises(NotGenuine):
        prove(
            Sent(body=body, headers={"webhook-signature": "v1,x", **sent_headers}, query=query), SECRET, NOW
        )


# Signatures


def hub(body, secret=SECRET):
    return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def standard(body, *, secret=PLAIN, at=NOW, which="msg_1"):
    signature = Webhook(secret).sign(which, at, body.decode())
    return {
        "webhook-id": which,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def test_what_is_signed_as_github_does_is_genuine_and_may_come_again():
    assert prove(Sent(body=b"{}", headers=hub(b"{}")), SECRET, NOW) == ""
    for wrong in (hub(b"{} "), hub(b"{}", "another"), {}, {"x-hub-signature-256": "é"}):
        with pytest.raises(NotGenuine):
            prove(Sent(body=b"{}", headers=wrong), SECRET, NOW)


def test_what_is_signed_by_standard_webhooks_is_genuine_once():
    body = '{"a":"é"}'.encode()
    assert prove(Sent(body=body, headers=standard(body)), SECRET, NOW) == "standard:msg_1"
    several = standard(body)
    several["webhook-signature"] = f"v1a,xx v1,AAAA {several['webhook-signature']}"
    assert prove(Sent(body=body, headers=several), SECRET, NOW)
    encoded = "whsec_" + base64.b64encode(SECRET.encode()).decode()
    assert prove(Sent(body=body, headers=standard(body, secret=encoded)), encoded, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-id": "msg_2"}, {"webhook-id": ""}, {"webhook-timestamp": "1700000000"},
        {"webhook-timestamp": ""}, {"webhook-timestamp": "nan"}, {"webhook-signature": "v1,"},
        {"webhook-timestamp": f"{int(NOW.timestamp())}.5"}, {"webhook-signature": ""},
        {"webhook-signature": "é"},
    ],
)  # fmt: skip
def test_what_is_signed_otherwise_is_not_genuine(wrong):
    with pytest.raises(NotGenuine):
        prove(Sent(body=b"{}", headers={**standard(b"{}"), **wrong}), SECRET, NOW)


def test_times_count_for_five_minutes():
    for away in (timedelta(minutes=5), -timedelta(minutes=5)):
        assert prove(Sent(body=b"{}", headers=standard(b"{}", at=NOW + away)), SECRET, NOW)
    for away in (timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)):
        with pytest.raises(NotGenuine):
            prove(Sent(body=b"{}", headers=standard(b"{}", at=NOW + away)), SECRET, NOW)


def test_a_body_that_is_no_text_or_a_secret_that_is_empty_is_not_genuine():
    for body, secret in ((b"\xff", SECRET), (b"{}", "whsec_"), (b"{}", "whsec_!!!")):
        with pytest.raises(NotGenuine):
            prove(Sent(body=body, headers=standard(b"{}")), secret, NOW)


def test_bent_payloads_of_other_sources_are_read_too():
    seen = []

    @settings(max_examples=100, deadline=None)
    @given(bent())
    def run(sent):
        _, body = sent
        try:
            events = parse("generic", body)
        except Malformed:
            return
        seen.append(len(events))
        for event in events:
            check_event(event)

    run()
    assert seen
