"""Secret calendar addresses: make one, replace one, note that one was read.

A token is derived from the site's secret and a random nonce, so that it can be shown again, while only
its digest is kept: a stolen database alone reads nobody's calendar.
"""

import hashlib
import hmac
import uuid
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from oncall.actions.refusal import Refused
from oncall.models import Feed, Schedule
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

NOTED_EVERY = timedelta(minutes=1)


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


@transaction.atomic
def issue_feed(*, owner: User | Schedule, by: Actor, now: datetime) -> str:
    """The token of the owner's calendar, made on first use and the same from then on.

    Raises Refused for a person who left, and where the site's secret is no longer the one it was made with.
    """
    live = _live(owner)
    if live is None:
        return _create(owner, by=by, now=now)
    token = _token(live.nonce)
    if not hmac.compare_digest(digest_of(token), live.digest):
        raise Refused(
            f"The address of the {live} cannot be shown again: SECRET_KEY is no longer the one it was "
            "made with. The old address still works for who has it; --rotate revokes it and makes a new one."
        )
    return token


@transaction.atomic
def rotate_feed(*, owner: User | Schedule, by: Actor, now: datetime) -> str:
    """A new token for the owner's calendar; the old one answers 410 from now on. Raises Refused."""
    live = _live(owner)
    if live is not None:
        live.revoked_at = now
        live.save(update_fields=["revoked_at"])
        record([_line(Verb.FEED_REVOKED, live, f"Revoked the {live}", by)], now=now)
    return _create(owner, by=by, now=now)


def note_fetch(*, feed: Feed, user_agent: str, now: datetime) -> None:
    """Remember who read a calendar last, at most once a minute. Reading changes nothing: no ledger entry."""
    if feed.last_fetched_at is None or feed.last_fetched_at <= now - NOTED_EVERY:
        stale = Q(last_fetched_at=None) | Q(last_fetched_at__lte=now - NOTED_EVERY)
        agent = user_agent.replace("\x00", "")[:200]
        Feed.objects.filter(stale, pk=feed.pk).update(last_fetched_at=now, last_user_agent=agent)


def _live(owner: User | Schedule) -> Feed | None:
    """The feed that answers, if any. Holding the owner's row proves that nobody else makes or revokes one."""
    if isinstance(owner, User):
        User.objects.select_for_update().get(pk=owner.pk)
        return Feed.objects.filter(user=owner, revoked_at=None).first()
    Schedule.objects.select_for_update().get(pk=owner.pk)
    return Feed.objects.filter(schedule=owner, revoked_at=None).first()


def _token(nonce: uuid.UUID) -> str:
    derived = hmac.digest(settings.SECRET_KEY.encode(), f"feed:{nonce}".encode(), "sha256")
    return urlsafe_b64encode(derived).decode().rstrip("=")


def _create(owner: User | Schedule, *, by: Actor, now: datetime) -> str:
    if isinstance(owner, User) and not owner.is_active:
        raise Refused(f"{owner} ({owner.username}) is deactivated, and has no calendar.")
    nonce = uuid.uuid4()
    token = _token(nonce)
    whose = {"user": owner} if isinstance(owner, User) else {"schedule": owner}
    feed = Feed.objects.create(nonce=nonce, digest=digest_of(token), created_at=now, **whose)
    record([_line(Verb.FEED_CREATED, feed, f"Made a secret address for the {feed}", by)], now=now)
    return token


def _line(verb: Verb, feed: Feed, what: str, by: Actor) -> Line:
    return Line(verb=verb, subject=("feed", feed.pk), actor=by, what=what)
