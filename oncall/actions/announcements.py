"""Where a schedule announces who is on call: added, asked for by hand, and taken off."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from oncall.actions import announcing
from oncall.actions.refusal import Refused
from oncall.actions.spans import locked
from oncall.core import announcing as core
from oncall.models import Announcement, Schedule
from paging.actions import contacts
from paging.actions.pages import stop
from paging.actions.rooms import room_recipient, webhook_recipient
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

PAUSE = timedelta(seconds=10)


@transaction.atomic
def add_announcement(  # noqa: PLR0913 - the words of one request
    *,
    schedule: Schedule,
    to: str = "",
    webhook: str = "",
    days: Sequence[str] | None = None,
    at: str = "",
    on_change: bool = False,
    by: Actor,
    now: datetime,
) -> Announcement:
    """Announce who is on call to the room at the chat address `to`, or to the webhook of that name: at the
    schedule's wall time `at` (“09:00”) on `days` (“mon”; None: every day), or whenever it changes.

    Raises Refused for a retired schedule, an address that is none or is inside the network, an unknown
    webhook, days or a time that there are not, more than there is room for, and the same twice.
    """
    row = locked(schedule)
    wanted, clock = _when(days, at, on_change=on_change)
    live = list(row.announcements.filter(retired_at=None))
    if len(live) >= core.MOST:
        raise Refused(f"{row.name} announces to {core.MOST} places and times already; take one off first.")
    recipient = _recipient(to.strip(), webhook.strip(), now)
    _check_new(
        row, recipient, wanted, [one for one in live if (one.recipient_id, one.at) == (recipient.pk, clock)]
    )
    made = Announcement(
        schedule=row,
        recipient=recipient,
        days=core.spelled(wanted),
        at=clock,
        created_at=now,
        created_by=by.user,
    )
    made.save()
    announcing.look(made, now=now)
    _record(Verb.ANNOUNCEMENT_ADDED, made, "announces who is on call to", by=by, now=now)
    return made


@transaction.atomic
def remove_announcement(*, announcement: Announcement, by: Actor, now: datetime) -> None:
    """Announce nothing more there. Writes nothing where that is so already."""
    row = _locked(announcement)
    if row.retired_at is not None:
        return
    row.retired_at = now
    row.save(update_fields=["retired_at"])
    stop(cause=announcing.cause_of(row), reason="the announcement was taken off", now=now)
    _record(Verb.ANNOUNCEMENT_REMOVED, row, "no longer announces who is on call to", by=by, now=now)


@transaction.atomic
def announce_now(*, announcement: Announcement, by: Actor, now: datetime) -> None:
    """Say it at once, whatever is due; at most once in 10 s. Raises Refused."""
    row = _locked(announcement)
    if row.retired_at is not None or row.schedule.retired_at is not None:
        raise Refused("It announces nothing any more; add it again first.")
    if row.said_at is not None and row.said_at + PAUSE > now:
        raise Refused("It was announced a moment ago; wait ten seconds and send it again.")
    if not announcing.say(row, run=f"asked:{now.isoformat()}", now=now):
        raise Refused(f"The address of {row.recipient} is out of use; give it one that works.")
    row.save(update_fields=announcing.KEPT)
    _record(Verb.ANNOUNCEMENT_ASKED_FOR, row, "announces by hand who is on call to", by=by, now=now)


def _locked(announcement: Announcement) -> Announcement:
    rows = Announcement.objects.select_for_update(of=("self",)).select_related("schedule__team", "recipient")
    return rows.get(pk=announcement.pk)


def _when(days: Sequence[str] | None, at: str, *, on_change: bool) -> core.When:
    try:
        return core.read_when(days, at, on_change=on_change)
    except ValueError as fault:
        raise Refused(str(fault)) from None


def _recipient(to: str, webhook: str, now: datetime) -> User:
    if bool(to) == bool(webhook):
        raise Refused("An announcement goes to one place: name a chat address or a webhook.")
    try:
        return room_recipient(address=to, now=now) if to else webhook_recipient(webhook)
    except contacts.Refused as refusal:
        raise Refused(str(refusal)) from None


def _check_new(
    schedule: Schedule, recipient: User, days: frozenset[int], at_that_time: Sequence[Announcement]
) -> None:
    """Holding the schedule's lock proves that no other one appears between this look and the write."""
    for one in at_that_time:
        if one.at is None or days & core.read_days(one.days):
            raise Refused(
                f"{schedule.name} announces that to {recipient} already, {one.when}; once is enough."
            )


def _record(verb: Verb, row: Announcement, does: str, *, by: Actor, now: datetime) -> None:
    what = f"{row.schedule} {does} {row.recipient}, {row.when}"
    record([Line(verb, ("schedule", row.schedule_id), by, what, data={"announcement": row.pk})], now=now)
