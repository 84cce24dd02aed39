"""People who can be paged, what they are paged about, and a clock that is moved by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from paging.actions import contacts, pages
from paging.core.message import Facts
from paging.models import ContactMethod, Notification
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import User

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
CAUSE = "incident:42"
ALICE_SMS = "+14155550101"
ALICE_MAIL = "alice@acme.example"
APPLY = Actor("apply")


class Clock:
    """Call it for the time; move it with `advance`."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


def person(username: str = "alice", name: str = "Alice Ng", **methods: str) -> User:
    """`person(sms="+1415...", email="...")`: every method verified."""
    user = User.objects.create(username=username, name=name)
    for kind, address in methods.items():
        contacts.set_contact_method(user=user, kind=kind, address=address, by=APPLY, now=NOW)
    return user


def method(user: User, kind: str) -> ContactMethod:
    return ContactMethod.objects.get(user=user, kind=kind)


def rules(user: User, *steps: tuple[str, int], urgency: str = "high") -> None:
    """`rules(alice, ("sms", 0), ("voice", 2))`: minutes."""
    wanted = [(via, timedelta(minutes=after)) for via, after in steps]
    contacts.set_rules(user=user, urgency=urgency, rules=wanted, by=APPLY, now=NOW)


def facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "reference": "#42",
        "title": "DiskFull on db-1",
        "service": "checkout-api",
        "severity": "SEV-1",
        "path": "/incidents/42",
        "because": "primary of Checkout, step 1",
    }
    return Facts(**(values | changes))


def request(user: User, *, run: str = "1.0.1", urgency: str = "high", **changes: Any) -> pages.PageRequest:
    return pages.PageRequest(user_id=user.pk, cause=CAUSE, run=run, urgency=urgency, facts=facts(**changes))


def page(*users: User, now: datetime = NOW, **options: Any) -> list[int]:
    return [one.user_id for one in pages.page(requests=[request(user, **options) for user in users], now=now)]


def states() -> dict[str, str]:
    """The state of each notification, by kind of method; only for a world with one of each."""
    rows = list(Notification.objects.order_by("pk").values_list("method__kind", "state"))
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def timeline() -> list[str]:
    return list(
        Entry.objects.filter(subject_type="incident", subject_id=42)
        .order_by("id")
        .values_list("what", flat=True)
    )


class Statements:
    """Counts what is asked of the database; BEGIN is not counted."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if not sql.startswith("BEGIN"):
            self.seen.append(sql)
        return execute(sql, *rest)

    @classmethod
    def during(cls, work: Any) -> list[str]:
        counter = cls()
        with connection.execute_wrapper(counter):
            work()
        return counter.seen
