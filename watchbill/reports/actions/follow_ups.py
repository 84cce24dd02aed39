"""What somebody is to do about an alert, opened and done."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from oncall.core.walltime import wall_time
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Team, User
from watchbill.reports.actions.refusal import Refused
from watchbill.reports.core.key import LONGEST
from watchbill.reports.models import FollowUp

FARTHEST = timedelta(days=366)


@transaction.atomic
def open_follow_up(  # noqa: PLR0913 - the words of one request
    *, team: Team, service: str, key: str, what: str, owner: User, due: date, by: Actor, now: datetime
) -> FollowUp:
    """About `key` of `service`, as reports name them. `due` is a day by the team's clock. Raises Refused."""
    today = wall_time(now, ZoneInfo(team.time_zone)).date()
    if not today <= due <= today + FARTHEST:
        raise Refused(f"{due} is no day to have it done by; write one from {today} on, within a year.")
    if not (owner.is_active and team.memberships.filter(user=owner).exists()):
        raise Refused(f"{owner} is not in {team}; choose somebody who is.")
    if by.user is None:
        raise Refused("A follow-up is opened by a person.")
    about = {"service": _text(service, "service", 100), "key": _key(key)}
    words = _text(what, "what is to be done", 300)
    Team.objects.select_for_update().get(pk=team.pk)  # of two who press at once, one opens it
    there = FollowUp.objects.filter(team=team, done_at=None, **about).select_related("owner").first()
    if there is not None:
        raise Refused(
            f"There is an open follow-up about {key} of {service}: {there.owner}, until {there.due}. "
            "Finish that one first."
        )
    row = FollowUp.objects.create(
        team=team, **about, what=words, owner=owner, due=due, created_at=now, created_by=by.user
    )
    said = f"opened a follow-up about {row.key} of {row.service}, for {owner} until {due}: {words}"
    data = {"team": team.name, **about, "owner": owner.username, "due": due.isoformat()}
    record([Line(Verb.FOLLOW_UP_OPENED, ("follow_up", row.pk), by, said, data=data)], now=now)
    return row


@transaction.atomic
def finish_follow_up(*, follow_up: FollowUp, outcome: str, by: Actor, now: datetime) -> FollowUp:
    """`outcome`: what came of it. Raises Refused."""
    row = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if row.done_at is not None:
        raise Refused(f"It was done on {row.done_at:%Y-%m-%d} already: {row.outcome}")
    if by.user is None:
        raise Refused("A follow-up is done by a person.")
    row.outcome = _text(outcome, "what came of it", 300)
    row.done_at, row.done_by = now, by.user
    row.save(update_fields=["outcome", "done_at", "done_by"])
    said = f"finished the follow-up about {row.key} of {row.service}: {row.outcome}"
    record([Line(Verb.FOLLOW_UP_DONE, ("follow_up", row.pk), by, said)], now=now)
    return row


def _key(value: str) -> str:
    """As reports have it, to the letter: by it their rows find what is to be done about them."""
    if not value.strip() or "\x00" in value or len(value) > LONGEST:
        raise Refused(f"Name the alert, as the report does, in at most {LONGEST} characters.")
    return value


def _text(value: str, what: str, limit: int) -> str:
    cleaned = " ".join(value.replace("\x00", "").split())
    if not cleaned:
        raise Refused(
            f"Nothing is said of {what}; write a few words." if " " in what else f"Name the {what}."
        )
    if len(cleaned) > limit:
        raise Refused(f"That is {len(cleaned)} characters of {what}; write at most {limit}.")
    return cleaned
