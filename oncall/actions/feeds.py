"""Secret calendar addresses: make one, replace one, note that one was read.

A token is derived from the site's secret and a random nonce, so that it can be shown again, while only
its digest is kept: a stolen database alone reads nobody's calendar.
"""

import hashlib
import hmac
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from oncall.actions.refusal import Refused
from oncall.models import Feed, Schedule
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Team, User

NOTED_EVERY = timedelta(minutes=1)
A_SECOND = timedelta(seconds=1)
MOST_MINUTES = 28 * 24 * 60
KINDS = ("user", "schedule", "team")
Owner = User | Schedule | Team | None


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer of a calendar: what `Feed` remembers of the last one."""

    etag: str
    rests_on: str
    people: list[int]
    fresh_until: datetime


@transaction.atomic
def issue_feed(*, owner: Owner, gaps: bool = False, by: Actor, now: datetime) -> str:
    """The token of the owner's calendar, made on first use and the same from then on.

    An owner of None is everything, of which there are only `gaps`. Raises Refused for a person who left, and
    where the site's secret is no longer the one it was made with.
    """
    live = _live(owner, gaps)
    if live is None:
        return _create(owner, gaps, None, by=by, now=now)
    token = token_of(live)
    if token is None:
        raise Refused(
            f"The address of the {live} cannot be shown again: SECRET_KEY is no longer the one it was "
            "made with. The old address still works for who has it; make a new one, which ends it: --rotate, "
            "or “rotate” in the API."
        )
    return token


@transaction.atomic
def rotate_feed(*, owner: Owner, gaps: bool = False, by: Actor, now: datetime) -> str:
    """A new token for the owner's calendar; the old one answers 410 from now on. Raises Refused."""
    live = _live(owner, gaps)
    if live is not None:
        _revoke(live, by=by, now=now)
    return _create(owner, gaps, live.alarm_minutes if live else None, by=by, now=now)


@transaction.atomic
def revoke_feed(*, feed: Feed, by: Actor, now: datetime) -> None:
    """The address answers 410 from now on. Writes nothing where it does already."""
    row = Feed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
    if row.revoked_at is None:
        _revoke(row, by=by, now=now)


@transaction.atomic
def set_alarm(*, feed: Feed, minutes: int | None, by: Actor, now: datetime) -> None:
    """Let the calendar program ring so many minutes before each shift; None: not at all. Raises Refused."""
    if feed.user_id is None:
        raise Refused("Only a person's own calendar rings; leave the alarm out.")
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise Refused(f"An alarm is 0 to {MOST_MINUTES} minutes before a shift (four weeks); write fewer.")
    if feed.alarm_minutes == minutes:
        return
    feed.alarm_minutes = minutes
    feed.save(update_fields=["alarm_minutes"])
    what = (
        f"Set the alarm of the {feed} to {minutes} minutes"
        if minutes is not None
        else f"No alarm in the {feed}"
    )
    record([_line(Verb.FEED_CHANGED, feed, what, by)], now=now)


def token_of(feed: Feed) -> str | None:
    """The token of a calendar that there is; None where the site's secret is another since."""
    token = _token(feed.nonce)
    return token if hmac.compare_digest(digest_of(token), feed.digest) else None


def live_feed(owner: Owner, *, gaps: bool = False) -> Feed | None:
    """The calendar of the owner that answers, if any."""
    return _feeds_of(owner, gaps).filter(revoked_at=None).select_related("user", "schedule", "team").first()


def remember(*, feed: Feed, answer: Answer, now: datetime) -> datetime:
    """Keep what the last whole answer was; comes back: since when it is that, in whole seconds.

    Two different documents never have the same second: a program that knows only dates would miss one.
    """
    same = (feed.etag, feed.rests_on, feed.people, feed.fresh_until)
    if feed.modified_at and same == (answer.etag, answer.rests_on, answer.people, answer.fresh_until):
        return feed.modified_at
    etag, modified_at = feed.etag, feed.modified_at
    while True:
        last, since = etag, modified_at
        if since is None or last != answer.etag:
            second = now.replace(microsecond=0)
            modified_at = max(second, since + A_SECOND) if since else second
        kept = Feed.objects.filter(pk=feed.pk, etag=last, modified_at=since).update(
            etag=answer.etag,
            modified_at=modified_at,
            rests_on=answer.rests_on,
            people=answer.people,
            fresh_until=answer.fresh_until,
        )
        if kept and modified_at:
            return modified_at
        etag, modified_at = Feed.objects.values_list("etag", "modified_at").get(pk=feed.pk)


def note_fetch(*, feed: Feed, user_agent: str, now: datetime) -> None:
    """Remember who read a calendar last, at most once a minute. Reading changes nothing: no ledger entry."""
    if feed.last_fetched_at is None or feed.last_fetched_at <= now - NOTED_EVERY:
        stale = Q(last_fetched_at=None) | Q(last_fetched_at__lte=now - NOTED_EVERY)
        agent = user_agent.replace("\x00", "")[:200]
        Feed.objects.filter(stale, pk=feed.pk).update(last_fetched_at=now, last_user_agent=agent)


def _live(owner: Owner, gaps: bool) -> Feed | None:  # noqa: FBT001 - a part of the name
    """The feed that answers, if any. Holding the owner's row proves that nobody else makes or revokes one."""
    if owner is not None:
        model = owner.__class__  # of a request's user too, whose own type is a wrapper
        model._default_manager.select_for_update().get(pk=owner.pk)  # noqa: SLF001 - Django's own name
    return live_feed(owner, gaps=gaps)


def _feeds_of(owner: Owner, gaps: bool) -> QuerySet[Feed]:  # noqa: FBT001 - a part of the name
    return Feed.objects.filter(**dict.fromkeys(KINDS) | _whose(owner), gaps=gaps)


def _whose(owner: Owner) -> dict[str, Any]:
    return {} if owner is None else {owner.__class__.__name__.lower(): owner}


def _check(owner: Owner, gaps: bool) -> None:  # noqa: FBT001 - a part of the name
    if isinstance(owner, User) and not owner.is_active:
        raise Refused(f"{owner} ({owner.username}) is deactivated, and has no calendar.")
    if isinstance(owner, User) and gaps:
        raise Refused("A person has no gaps; ask for those of a schedule, a team, or everything.")
    if owner is None and not gaps:
        raise Refused("Of everything there is only the calendar of gaps; name a person, schedule or team.")


def _token(nonce: uuid.UUID) -> str:
    derived = hmac.digest(settings.SECRET_KEY.encode(), f"feed:{nonce}".encode(), "sha256")
    return urlsafe_b64encode(derived).decode().rstrip("=")


def _revoke(feed: Feed, *, by: Actor, now: datetime) -> None:
    feed.revoked_at = now
    feed.save(update_fields=["revoked_at"])
    record([_line(Verb.FEED_REVOKED, feed, f"Revoked the {feed}", by)], now=now)


def _create(
    owner: Owner,
    gaps: bool,  # noqa: FBT001 - a part of the name
    alarm_minutes: int | None,
    *,
    by: Actor,
    now: datetime,
) -> str:
    _check(owner, gaps)
    feed = Feed(nonce=uuid.uuid4(), created_at=now, gaps=gaps, alarm_minutes=alarm_minutes, **_whose(owner))
    token = _token(feed.nonce)
    feed.digest = digest_of(token)
    try:
        with transaction.atomic():
            feed.save(force_insert=True)
    except IntegrityError:  # only of everything, which has no row to hold
        raise Refused("Somebody else made this calendar just now; ask for it again.") from None
    record([_line(Verb.FEED_CREATED, feed, f"Made a secret address for the {feed}", by)], now=now)
    return token


def _line(verb: Verb, feed: Feed, what: str, by: Actor) -> Line:
    return Line(verb=verb, subject=("feed", feed.pk), actor=by, what=what)
