"""Two who take a day each, their manager, another team, and browsers in which they have logged in."""

import re
from datetime import UTC, date, datetime

from django.test import Client

from oncall.compensation.actions.statements import refresh
from oncall.compensation.models import Statement
from people import actions as people
from people.models import User
from tests.oncall.compensation.test_reckoning import BEFORE, BY, hourly, person, plan
from tests.oncall.test_reading import schedule

BACKEND = "django.contrib.auth.backends.ModelBackend"
JUNE = date(2025, 6, 1)
NOW = datetime(2025, 7, 2, 9, tzinfo=UTC)


class Shop:
    """Ana and Bo, a day each, at 1 USD an hour; Mia manages them. Eve manages Cy in another team. June is
    drafted, and it is July.
    """

    def __init__(self):
        names = ("ana", "bo", "mia", "eve", "cy")
        self.ana, self.bo, self.mia, self.eve, self.cy = (person(name, "UTC") for name in names)
        self.root = User.objects.create_superuser("root")
        self.team, self.other = (
            people.create_team(name=name, by=BY, now=BEFORE) for name in ("Sh/op", "Other")
        )
        members = {self.ana: "responder", self.bo: "responder", self.mia: "manager"}
        people.set_members(team=self.team, members=members, by=BY, now=BEFORE)
        others = {self.eve: "manager", self.cy: "responder"}
        people.set_members(team=self.other, members=others, by=BY, now=BEFORE)
        self.pager = schedule("Check/out", self.ana, self.bo, now=BEFORE)
        plan("Hours", "USD", hourly("1"), self.team, self.other)
        self.refresh()

    def refresh(self):
        refresh(user_ids=list(User.objects.values_list("pk", flat=True)), month=JUNE, now=NOW)

    def row(self, user):
        return Statement.objects.get(user=user, month=JUNE)


def browser(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def page(user, address, status=200):
    answer = browser(user).get(address)
    assert answer.status_code == status, address
    return re.sub(r"\s+", " ", answer.content.decode(errors="replace"))


def press(user, address, **fields):
    """The page that follows."""
    answer = browser(user).post(address, fields, follow=True)
    assert answer.status_code == 200, address
    return answer.content.decode()
