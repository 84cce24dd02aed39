"""The demo organisation, for an empty database: believable people, none of them real."""

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from escalation.models import RoutingKey
from oncall.actions import add_override, add_time_off, ask_swap
from oncall.core.walltime import first_instant
from oncall.models import Schedule
from oncall.selectors import final_shifts
from paging.actions.contacts import set_contact_method, set_rules
from people.actions import create_administrator
from people.ledger.record import Actor
from people.models import User
from watchbill.provisioning.apply import apply
from watchbill.provisioning.demo_history.writing import live_through_three_months
from watchbill.provisioning.demo_past import live_through, try_a_page
from watchbill.provisioning.demo_reports import keep_reports
from watchbill.provisioning.demo_rules import make_rules

DOCUMENT = Path(__file__).with_name("demo.yaml")
ADMINISTRATOR = "demo"
WELL_KNOWN = "demo"
SAID_BEFORE = "that was printed at the first start"
DEMO = Actor("demo")
A_DAY = timedelta(days=1)
PHONE = "+14155550110"
A_TEXT_THEN_A_CALL = (
    ("sms", timedelta(0)),
    ("email", timedelta(0)),
    ("voice", timedelta(minutes=2)),
)


@dataclass(frozen=True)
class DemoLogin:
    """How to get in, and the key of the service to page about. `password` may be a word about it instead."""

    username: str
    password: str
    routing_key: str


def fill(now: datetime) -> DemoLogin:
    """Make the demo organisation, its administrator, and what they have been through. The password is a
    well-known one only where nobody but this machine can try it.
    """
    found = _organise(now)
    try_a_page(now)
    live_through_three_months(now)
    live_through(now)
    make_rules(now)
    keep_reports(now)
    return found


@transaction.atomic
def _organise(now: datetime) -> DemoLogin:
    apply(DOCUMENT.read_bytes(), name=DOCUMENT.name, now=now)
    shop = Schedule.objects.get(name="Shop")
    _cover_tomorrow_evening(shop, now)
    _ask_and_be_away(shop, now)
    password = WELL_KNOWN if _is_private() else secrets.token_urlsafe(9)
    email = "demo@demo.example"
    user = create_administrator(
        username=ADMINISTRATOR, password=password, name="Demo", email=email, by=DEMO, now=now
    )
    for kind, address in (("email", email), ("sms", PHONE), ("voice", PHONE)):
        set_contact_method(user=user, kind=kind, address=address, by=DEMO, now=now)
    set_rules(user=user, urgency="high", rules=A_TEXT_THEN_A_CALL, by=DEMO, now=now)
    return DemoLogin(ADMINISTRATOR, password, _live_keys().get().key)


def login() -> DemoLogin | None:
    """The login of a demo that was filled before, or None where there is no demo."""
    user, key = User.objects.filter(username=ADMINISTRATOR, is_active=True).first(), _live_keys().first()
    if user is None or key is None:
        return None
    return DemoLogin(ADMINISTRATOR, WELL_KNOWN if user.check_password(WELL_KNOWN) else SAID_BEFORE, key.key)


def _live_keys() -> QuerySet[RoutingKey]:
    return RoutingKey.objects.filter(name="demo", service__name="checkout", revoked_at=None)


def _cover_tomorrow_evening(shop: Schedule, now: datetime) -> None:
    """Something for the calendar to show: somebody has a concert tomorrow."""
    zone = ZoneInfo("Europe/Berlin")
    tomorrow = now.astimezone(zone).date() + A_DAY
    add_override(
        schedule=shop,
        role="primary",
        start=first_instant(datetime.combine(tomorrow, time(18)), zone),
        end=first_instant(datetime.combine(tomorrow, time(22)), zone),
        user=User.objects.get(username="ruth"),
        reason="concert",
        by=DEMO,
        now=now,
    )


def _ask_and_be_away(shop: Schedule, now: datetime) -> None:
    """A swap for the team to take, and time off that falls on the shift after it."""
    everyone, soon = User.objects.in_bulk(), now + 3 * A_DAY
    ahead = final_shifts(shop, since=soon, until=soon + 40 * A_DAY, role="primary")
    turns = [
        (shift.start, everyone[shift.user])
        for shift in ahead
        if shift.user is not None and shift.start > soon
    ]
    (given, giver), (missed, away), *_ = turns
    ask_swap(
        schedule=shop,
        role="primary",
        giver=giver,
        start=given + A_DAY,
        end=given + 3 * A_DAY,
        reason="moving house",
        by=DEMO,
        now=now,
    )
    first = missed.date() + 2 * A_DAY
    add_time_off(user=away, start=first, end=first + 4 * A_DAY, reason="a wedding", by=DEMO, now=now)


def _is_private() -> bool:
    """Whether only this machine can reach the pages, or somebody asked for DEBUG."""
    hosts = (urlsplit(settings.PUBLIC_URL).hostname or "", settings.ENV.host)
    return settings.DEBUG or all(_is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
