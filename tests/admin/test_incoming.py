"""What a service says of its alerts, in the admin; and incidents that flap or are merged."""

from datetime import timedelta

import pytest

from escalation.core.severity import USUAL
from escalation.models import Incident, Service
from people.ledger.models import Entry
from tests.admin.filled import filled

SERVICE = "/admin/escalation/service/"
INCIDENT = "/admin/escalation/incident/"


def text(answer):
    return answer.content.decode()


def change(mia, world, **given):
    address = f"{SERVICE}{world.service.pk}/change/"
    return mia.post(address, filled(mia.get(address), **given))


def test_severities_rules_and_grouping_are_written_in_lines_and_stand_there_again(mia, world):
    given = {
        "words": "critical = SEV-2\nP3 = sev-1\n",
        "label_rules": "SEV-3 alertname=DiskFull, cluster=eu1\n\nSEV-1 a=b=c",
        "group_window": "15m",
        "group_labels": "alertname, cluster",
    }
    assert change(mia, world, **given).status_code == 302
    service = Service.objects.get(pk=world.service.pk)
    assert service.severities == {"critical": "SEV-2", "P3": "SEV-1"}
    assert service.severity_rules == [
        {"match": {"alertname": "DiskFull", "cluster": "eu1"}, "severity": "SEV-3"},
        {"match": {"a": "b=c"}, "severity": "SEV-1"},
    ]
    assert (service.group_by, service.group_window) == (["alertname", "cluster"], timedelta(minutes=15))
    before = Entry.objects.count()
    assert change(mia, world).status_code == 302
    assert Entry.objects.count() == before  # what stands there says the same
    assert change(mia, world, group_window="", group_labels="", words="", label_rules="").status_code == 302
    service.refresh_from_db()
    assert (service.severities, service.severity_rules, service.group_window) == ({}, [], None)


def test_labels_with_commas_stay_as_the_document_says_them(mia, world):
    match = {"host": "db-1,db-2", "alertname": "Disk"}
    rules = [{"match": match, "severity": "SEV-3"}, {"match": {"a": "b"}, "severity": "SEV-1"}]
    books = [
        {"match": match, "url": "https://wiki.example/a"},
        {"match": {}, "url": "https://wiki.example/b"},
    ]
    Service.objects.filter(pk=world.service.pk).update(severity_rules=rules, runbooks=books)
    address = f"{SERVICE}{world.service.pk}/change/"
    given = filled(mia.get(address), group_window="15m")
    for name in ("label_rules", "books"):
        given[name] = given[name].replace("\n", "\r\n")
    assert mia.post(address, given).status_code == 302
    service = Service.objects.get(pk=world.service.pk)
    assert (service.severity_rules, service.runbooks) == (rules, books)
    assert service.group_window == timedelta(minutes=15)
    for name, line in (
        ("label_rules", "SEV-2 host=db-1,db-2"),
        ("books", "https://wiki.example/c host=db-1,db-2"),
    ):
        refused = change(mia, world, **{name: line})
        assert "can be written in the document only" in text(refused)


def test_the_usual_words_are_said_as_they_are(mia, world):
    said = text(mia.get(f"{SERVICE}{world.service.pk}/change/"))
    for word in USUAL:
        assert word in said
    assert (
        "info, p4, p5, sev4, sev-4, low, informational, none: SEV-4. What is missing or unknown is SEV-2."
        in said
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"words": "critical"}, "is not a word and what it means; write critical = SEV-2"),
        ({"words": "critical = SEV-9"}, "has no severity; write one of SEV-1"),
        ({"words": "a = SEV-1\na = SEV-2"}, "stands there twice"),
        ({"words": "a = SEV-1\nA = SEV-2"}, "are one word"),
        ({"label_rules": "SEV-1"}, "names no label"),
        ({"label_rules": "SEV-1 alertname"}, "is not a label"),
        ({"label_rules": "bad alertname=x"}, "has no severity"),
        ({"group_labels": "alertname"}, "Say for how long alerts are grouped"),
        ({"group_window": "2d"}, "at most a day"),
        ({"group_window": "0m"}, "more than no time"),
        ({"group_window": "10m", "group_labels": "a, a"}, "stands in the grouping twice"),
        ({"group_window": "10m", "group_labels": ",".join("abcdefghijk")}, "at most 10 labels"),
    ],
)
def test_what_makes_no_sense_is_said_on_the_form_and_not_written(mia, world, given, said):
    answer = change(mia, world, **given)
    assert answer.status_code == 200
    assert said in text(answer)
    service = Service.objects.get(pk=world.service.pk)
    assert (service.severities, service.severity_rules, service.group_window) == ({}, [], None)


def test_incidents_that_flap_can_be_listed_alone(mia, world):
    steady, flapping = world.alert("steady"), world.alert("restless")
    Incident.objects.filter(pk=flapping.pk).update(episodes=3)
    page = text(mia.get(f"{INCIDENT}?flapping=yes"))
    assert f"#{flapping.pk} restless" in page
    assert f"#{steady.pk} steady" not in page
    assert "flapping: 3rd time in 24 h" in text(mia.get(f"{INCIDENT}{flapping.pk}/change/"))


def test_a_selection_is_merged_into_the_oldest(mia, world):
    rows = [world.alert(key) for key in "abc"]
    data = {"action": "merge", "_selected_action": [row.pk for row in reversed(rows)]}
    said = text(mia.post(INCIDENT, data, follow=True))
    assert f"Merged into #{rows[0].pk}: #{rows[1].pk}, #{rows[2].pk}." in said
    assert set(Incident.objects.values_list("merged_into", flat=True)) == {None, rows[0].pk}
    assert f"#{rows[0].pk} a is full" in text(mia.get(f"{INCIDENT}{rows[1].pk}/change/"))


def test_one_alone_or_one_that_is_over_is_not_merged(mia, world):
    first, second = world.alert("a"), world.alert("b")
    alone = mia.post(INCIDENT, {"action": "merge", "_selected_action": [first.pk]}, follow=True)
    assert "Name at least one incident to merge" in text(alone)
    mia.post(f"{INCIDENT}{second.pk}/act/resolve/")
    both = {"action": "merge", "_selected_action": [first.pk, second.pk]}
    assert "is already resolved by Mia Falk" in text(mia.post(INCIDENT, both, follow=True))
    first.refresh_from_db()
    assert first.status == "triggered"
