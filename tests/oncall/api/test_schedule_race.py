"""Two who change one schedule over HTTP at the same moment: one does, the other is told to look again."""

import pytest
import time_machine
from django.db import connection

from people import actions as people
from people.ledger.models import Entry
from tests.oncall.api.test_schedules_api import Caller, on_call, said
from tests.oncall.feeds.office import LONG_AGO, NOW, TESTS, Office
from tests.racing import at_the_lock

WANTED = {"Mia Falk": "bo", "Max Ode": "ana"}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office():
    """Max manages, too."""
    office = Office()
    office.max = office.person("max", "Max Ode")
    members = {office.ana: "responder", office.bo: "responder", office.mia: "manager", office.max: "manager"}
    people.set_members(team=office.team, members=members, by=TESTS, now=LONG_AGO)
    with time_machine.travel(NOW, tick=False):
        yield office


@pytest.fixture
def callers(office):
    return {"bo": Caller(office.mia), "ana": Caller(office.max)}


def race(office, callers, **more):
    """Each wants another person; what each was answered, by that person."""
    asked = [
        lambda caller=caller, person=person: caller.put({"definition": said(participants=[person])} | more)
        for person, caller in callers.items()
    ]
    return dict(zip(callers, at_the_lock(office.schedule, *asked), strict=True))


def test_of_two_edits_of_what_both_have_seen_one_wins_and_the_other_is_told_of_it(office, callers):
    seen = callers["bo"].get("schedules/Checkout").json()["version"]
    answers = race(office, callers, based_on=seen)
    assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
    [(won, first)] = [item for item in answers.items() if item[1].status_code == 200]
    [(_, second)] = [item for item in answers.items() if item[1].status_code == 409]
    [name] = [name for name, person in WANTED.items() if person == won]
    assert second.json()["detail"] == (
        f"Checkout was changed by {name} at 2026-03-04 12:00 UTC, after you opened it; look at what it says "
        "now and make your change again."
    )
    assert on_call("2026-03-04T12:00") == [won]
    assert office.schedule.versions.count() == 2
    assert first.json()["version"] == office.schedule.versions.latest("pk").pk
    assert Entry.objects.filter(verb="schedule.versioned").count() == 1


def test_of_two_edits_that_name_no_version_both_are_made_and_the_later_stands(office, callers):
    answers = race(office, callers)
    assert [answer.status_code for answer in answers.values()] == [200, 200]
    rows = Entry.objects.filter(verb="schedule.versioned").order_by("pk")
    told = [name.removesuffix(" (API)") for name in rows.values_list("actor_name", flat=True)]
    assert sorted(told) == sorted(WANTED)
    assert on_call("2026-03-04T12:00") == [WANTED[told[1]]]
    assert office.schedule.versions.count() == 2  # of the same instant the later replaces the earlier


class Meanwhile:
    """Does something before the `at`-th query of those that are asked in its `with`."""

    def __init__(self, at, work):
        self.at, self.work, self.asked, self.working = at, work, 0, False

    def __call__(self, execute, *question):
        if not self.working:
            self.asked += 1
            if self.asked == self.at:
                self.working = True
                self.work()
                self.working = False
        return execute(*question)


def test_what_is_read_while_it_is_replaced_is_read_whole_and_never_overwritten_unseen(office, callers):
    reader, writer = callers["bo"], callers["ana"]
    asked, done = 1, 0
    while done < asked:
        done += 1
        assert reader.put({"definition": said(participants=["bo"])}).status_code == 200
        replace = {"definition": said(participants=["ana"])}
        meanwhile = Meanwhile(done, lambda wanted=replace: writer.put(wanted))
        with connection.execute_wrapper(meanwhile):
            answer = reader.get("schedules/Checkout")
        asked = meanwhile.asked
        assert answer.status_code == 200, answer.content
        read = answer.json()
        [layer] = read["definition"]["roles"]["primary"]["layers"]
        assert layer["participants"] == read["participants"]
        if read["participants"] == ["bo"]:
            back = reader.put({"based_on": read["version"], "definition": said(participants=["bo", "ana"])})
            assert back.status_code == 409
    assert done > 3
