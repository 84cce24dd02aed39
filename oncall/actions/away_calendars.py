"""Calendars that people keep elsewhere: subscribed to, read, and left again.

An address is often a secret, so that only its host is ever written down beside it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from oncall.actions.refusal import Overtaken, Refused, text
from oncall.away.fetching import checked, host_of
from oncall.away.reading import Event
from oncall.models import AwayCalendar, TimeOff
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.ledger.record import ENGINE, Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

MOST_CALENDARS = 10
EVERY = timedelta(hours=1)
LONGEST_PAUSE = timedelta(hours=12)
SPEAK_AFTER = timedelta(days=3)
FOLLOWED = ("start", "end", "reason", "starts_at", "ends_at")


def add_away_calendar(*, user: User, address: str, words: str = "", by: Actor, now: datetime) -> AwayCalendar:
    """Each event of the calendar at `address` is time off of `user`, where its title contains `words`.

    It is read soon after, and every hour. Raises Refused for what is no address, and one subscribed already.
    """
    try:
        address = checked(address)
    except ValueError as fault:
        raise Refused(str(fault)) from None
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        own = AwayCalendar.objects.filter(user=user, removed_at=None)
        if own.filter(address=address).exists():
            raise Refused("You subscribe to this calendar already; remove it first to read it otherwise.")
        if own.count() >= MOST_CALENDARS:
            raise Refused(f"There are {MOST_CALENDARS} calendars already; remove one of them first.")
        row = AwayCalendar.objects.create(
            user=user,
            address=address,
            words=text(words, what="text that a title must contain", limit=100),
            created_at=now,
            wake_at=now,
        )
        what = f"{user} takes time off from a calendar at {host_of(address)}"
        _record(Verb.AWAY_CALENDAR_ADDED, row, what, by=by, now=now)
    return row


def remove_away_calendar(*, calendar: AwayCalendar, by: Actor, now: datetime) -> AwayCalendar:
    """Read it no more: what it says of the time to come goes, the past stays. Raises Refused when gone."""
    with transaction.atomic():
        row = AwayCalendar.objects.select_for_update(of=("self",)).select_related("user").get(pk=calendar.pk)
        if row.removed_at is not None:
            raise Overtaken(f"This calendar was removed at {row.removed_at:%Y-%m-%d %H:%M} UTC.")
        row.removed_at, row.wake_at = now, None
        row.save(update_fields=["removed_at", "wake_at"])
        gone = sum(_end(one, row.user, now) for one in _ahead(row, now))
        what = f"{row.user} takes no more time off from the calendar at {host_of(row.address)}"
        _record(Verb.AWAY_CALENDAR_REMOVED, row, what, by=by, now=now, gone=gone)
    return row


def keep_good(*, calendar_id: int, events: Iterable[Event] | None, etag: str, now: datetime) -> None:
    """Make the person's time off what the calendar says; None: it says what it said before.

    What is past stays. Of what is under way and gone, the part until now stays.
    """
    with transaction.atomic():
        row = _locked(calendar_id)
        if row is None:
            return
        if events is not None:
            _follow(row, {event.uid: event for event in events}, now)
        row.fetched_at = row.good_at = now
        row.etag, row.fault, row.wake_at = etag, "", now + EVERY
        row.save(update_fields=["fetched_at", "good_at", "etag", "fault", "wake_at"])


def keep_fault(*, calendar_id: int, fault: str, now: datetime) -> None:
    """It could not be read: the last good copy stands. Asked again later and later, half a day apart at most.

    Once it has been so for three days its person is told.
    """
    with transaction.atomic():
        row = _locked(calendar_id)
        if row is None:
            return
        since = row.good_at or row.created_at
        row.fetched_at, row.fault = now, fault[:300]
        row.wake_at = now + min(max(EVERY, (now - since) / 2), LONGEST_PAUSE)
        row.save(update_fields=["fetched_at", "fault", "wake_at"])
        if now - since >= SPEAK_AFTER:
            _tell(row, since, now)


def _locked(calendar_id: int) -> AwayCalendar | None:
    """Unless it was removed while it was being fetched."""
    rows = AwayCalendar.objects.select_for_update(of=("self",)).select_related("user")
    return rows.filter(pk=calendar_id, removed_at=None).first()


def _follow(row: AwayCalendar, events: dict[str, Event], now: datetime) -> None:
    stored = {one.uid: one for one in _ahead(row, now)}
    before = {uid for uid, event in events.items() if _over(event, row.user, now)}
    new = [_time_off(row, event) for uid, event in events.items() if uid not in stored and uid not in before]
    TimeOff.objects.bulk_create(new)
    changed = sum(_change(one, events[uid]) for uid, one in stored.items() if uid in events)
    gone = sum(_end(one, row.user, now) for uid, one in stored.items() if uid not in events)
    if new or changed or gone:
        what = f"calendar of {row.user} read: {len(new)} new, {changed} changed, {gone} gone"
        counts = {"new": len(new), "changed": changed, "gone": gone}
        _record(Verb.AWAY_CALENDAR_READ, row, what, by=ENGINE, now=now, **counts)


def _ahead(row: AwayCalendar, now: datetime) -> list[TimeOff]:
    """What the calendar has said of today and later, and was not taken back."""
    today = now.astimezone(ZoneInfo(row.user.time_zone)).date()
    found = TimeOff.objects.filter(calendar=row, cancelled_at=None, end__gt=today)
    return [one for one in found if one.ends_at is None or one.ends_at > now]


def _over(event: Event, user: User, now: datetime) -> bool:
    if event.ends_at is not None:
        return event.ends_at <= now
    return event.back <= now.astimezone(ZoneInfo(user.time_zone)).date()


def _time_off(row: AwayCalendar, event: Event) -> TimeOff:
    return TimeOff(user=row.user, calendar=row, uid=event.uid, **_said(event))


def _said(event: Event) -> dict[str, object]:
    return {
        "start": event.first,
        "end": event.back,
        "reason": event.title,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
    }


def _change(one: TimeOff, event: Event) -> bool:
    said = _said(event)
    if all(getattr(one, name) == said[name] for name in FOLLOWED):
        return False
    for name in FOLLOWED:
        setattr(one, name, said[name])
    one.checked_at = None
    one.save(update_fields=[*FOLLOWED, "checked_at"])
    return True


def _end(one: TimeOff, user: User, now: datetime) -> bool:
    """Cancel it, or, where it is under way, end it now."""
    today = now.astimezone(ZoneInfo(user.time_zone)).date()
    if one.starts_at is not None and one.starts_at < now:
        one.ends_at = now
        one.end = min(one.end, today + timedelta(days=1))
    elif one.starts_at is None and one.start < today:
        one.end = today
    else:
        one.cancelled_at = now
    one.save(update_fields=["ends_at", "end", "cancelled_at"])
    return True


def _tell(row: AwayCalendar, since: datetime, now: datetime) -> None:
    host = host_of(row.address)
    local = since.astimezone(ZoneInfo(row.user.time_zone))
    notice = Notice(
        title=f"Your calendar at {host} has not been readable since {local:%Y-%m-%d %H:%M}",
        lines=(row.fault, "What it said last still counts as your time off."),
        path="/time-off",
        label="Look at it",
    )
    run = f"away:{row.pk}:{int(since.timestamp())}"
    tell(
        requests=[NoticeRequest(user_id=row.user_id, cause=f"user:{row.user_id}", run=run, notice=notice)],
        now=now,
    )


def _record(verb: Verb, row: AwayCalendar, what: str, *, by: Actor, now: datetime, **data: int) -> None:
    line = Line(verb, ("user", row.user_id), by, what, data={"away_calendar": row.pk, **data})
    record([line], now=now)
