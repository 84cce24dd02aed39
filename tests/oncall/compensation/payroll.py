"""A payroll to try: Ana carries Checkout day and night for 1 GBP an hour, Bo carries nothing. Mia manages
their team, Kim manages another one, Root is an administrator. It is July 2025, and June is over.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from oncall.actions import add_override
from oncall.compensation.actions import statements
from oncall.compensation.models import Statement, StatementLine
from people import actions as people
from people.ledger.record import Actor
from tests.oncall.compensation.test_reckoning import BEFORE, BY, hourly, person, plan
from tests.oncall.test_reading import schedule

JUNE, JULY, AUGUST = date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)
NOW = datetime(2025, 7, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WHOLE_JUNE = Decimal(30 * 24)


def as_of(user):
    return Actor.person(user)


class Payroll:
    def __init__(self, *, zone="Europe/London", terms=None):
        self.now = NOW
        names = ("ana", "bo", "mia", "kim", "lou")
        self.ana, self.bo, self.mia, self.kim, self.lou = (
            person(name, zone, email=f"{name}@example.com", is_staff=True) for name in names
        )
        self.root = person("root", "UTC", email="root@example.com", is_staff=True, is_superuser=True)
        self.team = people.create_team(name="Shop", by=BY, now=BEFORE)
        self.other = people.create_team(name="Search", by=BY, now=BEFORE)
        self.members(self.team, {self.ana: "responder", self.bo: "responder", self.mia: "manager"})
        self.members(self.other, {self.lou: "responder", self.kim: "manager"})
        self.pager = schedule("Checkout", self.ana, now=BEFORE)
        self.plan = plan("UK", "GBP", terms or hourly("1"), self.ana, self.bo)

    def members(self, team, members, at=BEFORE):
        people.set_members(team=team, members=members, by=BY, now=at)

    def refresh(self, *users, month=JUNE, now=None):
        ids = [user.pk for user in users or (self.ana, self.bo)]
        return statements.refresh(user_ids=ids, month=month, now=now or self.now)

    def of(self, user=None, month=JUNE):
        return Statement.objects.get(user=user or self.ana, month=month)

    def draft(self, user=None, month=JUNE):
        self.refresh(user or self.ana, month=month)
        return self.of(user, month)

    def approved(self, user=None, month=JUNE, by=None):
        draft = self.draft(user, month)
        return statements.approve(statement=draft, by=as_of(by or self.mia), now=self.now)

    def locked(self, user=None, month=JUNE, by=None):
        row = self.approved(user, month, by)
        return statements.lock(statement=row, by=as_of(by or self.mia), now=self.now)

    def covered(self, day, *, by=None, hours=24, month=6):
        """Bo carries what Ana had."""
        start = datetime(2025, month, day, tzinfo=UTC)
        return add_override(
            schedule=self.pager, role="primary", kind="cover", start=start,
            end=start + timedelta(hours=hours), user=by or self.bo, by=BY, now=BEFORE + timedelta(days=100),
        )  # fmt: skip


def amounts(statement):
    rows = StatementLine.objects.filter(statement=statement).order_by("position")
    return list(rows.values_list("kind", "amount"))


def total(statement):
    return sum((amount for _, amount in amounts(statement)), Decimal(0))
