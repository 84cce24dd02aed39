"""Who was called out by night hears from when they may start again, and so do their managers."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, transaction

from oncall.actions.conflict_news import cover_path
from oncall.compensation.actions.adjustments import locked_person
from oncall.compensation.chores.apart import each_apart
from oncall.compensation.core.rest import Rest
from oncall.compensation.models import Told
from oncall.compensation.resting import Rested, Uncovered, rested, uncovered
from paging.actions.notices import NoticeRequest, tell
from paging.actions.pages import stop
from paging.core.notice import Notice
from paging.selectors import interrupted_since
from people.ledger.models import Entry
from people.models import Membership, User

log = structlog.get_logger(__name__)

BACK = timedelta(hours=36)
"""A rest of a day, after what was in hand for half of one."""
SETTLES = timedelta(minutes=5)
"""What is over for so long is over: whoever resolves it may yet write a line about it."""
AWAKE = timedelta(minutes=15)
"""Who did anything so lately is not asleep again."""
LISTED = 5
PATH = "/pay/call-outs"


def tell_rests(*, clock: Callable[[], datetime], limit: int = 50) -> int:
    """Tell people of a rest that has begun, once, and again where the end of it moves, as by another call-out
    of the same night; how many people heard.

    The person hears at once while they are awake: where it was over without them, as by itself, they may be
    asleep again, and hear when their night is over. The managers of their teams hear by day. Of two times
    that wait for the morning only the later word leaves. One person of whom it cannot be told is logged and
    holds up no other.
    """
    now = clock()
    woken = interrupted_since(now - BACK)
    if not woken:
        return 0
    found: dict[int, list[Rested]] = {}

    def look(ids: Sequence[int]) -> None:
        found.update(rested(ids, since=now - SETTLES, until=now, now=now))

    each_apart(woken, look, what="find who rests")
    resting = {
        user: each[-1].rest
        for user, each in found.items()
        if not each[-1].going and each[-1].rest.since <= now - SETTLES and now < each[-1].rest.until
    }
    people = User.objects.filter(pk__in=_untold(resting), is_active=True).order_by("pk")
    heard = (_tried(user, resting[user.pk], now) for user in people)
    return len(list(islice(filter(None, heard), limit)))


def _untold(resting: dict[int, Rest]) -> list[int]:
    told = set(Told.objects.filter(user__in=resting).values_list("user", "about"))
    return [user for user, rest in resting.items() if (user, _about(user, rest)) not in told]


def _tried(user: User, rest: Rest, now: datetime) -> bool:
    try:
        return _tell(user, rest, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("rest_not_told", user=user.pk, effect="tried again in a minute")
        return False


@transaction.atomic
def _tell(user: User, rest: Rest, now: datetime) -> bool:
    """False where another process was quicker."""
    locked_person(user)
    about = _about(user.pk, rest)
    if Told.objects.filter(user=user, about=about).exists():
        return False
    open_shifts = uncovered(user, rest, now=now)
    cause, run = f"rest:{user.pk}", f"rest:{int(rest.until.timestamp())}"
    awake = Entry.objects.filter(actor=user, at__gt=now - AWAKE).exists()
    requests = [
        NoticeRequest(
            user_id=reader.pk,
            cause=cause,
            run=run,
            notice=_notice(user, reader, rest, open_shifts),
            quiet=reader.pk != user.pk or not awake,
        )
        for reader in [user, *_managers(user)]
    ]
    stop(cause=cause, reason="the rest moved", now=now)
    tell(requests=requests, now=now)
    Told.objects.create(user=user, about=about, at=now)
    return True


def _about(user: int, rest: Rest) -> str:
    """By the minute: what moves the end by seconds is no news."""
    return f"rest:{user}:{rest.until:%Y-%m-%dT%H:%M}"


def _managers(user: User) -> list[User]:
    teams = Membership.objects.filter(user=user).values("team")
    managing = Membership.objects.filter(team__in=teams, role=Membership.Role.MANAGER).values("user")
    return list(User.objects.filter(pk__in=managing, is_active=True).exclude(pk=user.pk).order_by("pk"))


def _notice(user: User, reader: User, rest: Rest, open_shifts: Sequence[Uncovered]) -> Notice:
    zone = ZoneInfo(reader.time_zone)
    mine = reader.pk == user.pk
    at = f"{_up_to_the_minute(rest.until).astimezone(zone):%a %H:%M}"
    title = f"Your earliest start is {at}" if mine else f"{user} was called out by night: earliest start {at}"
    over = f"{rest.since.astimezone(zone):%a %H:%M}"
    hours = (rest.until - rest.since) // timedelta(hours=1)
    lines = [f"The last call-out of the night was over at {over}; {hours} h of rest follow it."]
    lines += list(_covering(open_shifts[:LISTED], user, reader, zone))
    lines.append(f"Times are in {zone}.")
    if not open_shifts:
        return Notice(title=title, lines=tuple(lines), path=PATH, label="See the call-outs")
    first = open_shifts[0]
    path = cover_path(
        schedule=first.schedule.name, role=first.role, giver=user.pk, start=first.start, end=first.end
    )
    return Notice(title=title, lines=tuple(lines), path=path, label="Ask for cover")


def _covering(found: Iterable[Uncovered], user: User, reader: User, zone: ZoneInfo) -> Iterable[str]:
    whose = "You are" if reader.pk == user.pk else f"{user} is"
    for one in found:
        names = " or ".join("you" if each.user.pk == reader.pk else str(each.user) for each in one.could)
        who = f"{names} could carry it" if names else "nobody who could carry it is free"
        start = f"{one.start.astimezone(zone):%a %H:%M}"
        yield f"{whose} on call for {one.schedule} as {one.role} from {start}: {who}."


def _up_to_the_minute(at: datetime) -> datetime:
    return (
        at
        if not (at.second or at.microsecond)
        else at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    )
