"""Everything that changes people, teams and tokens. Each writes the ledger in the same transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, QuerySet

from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import ApiToken, Membership, PastMembership, PastPlace, Team, User


class PeopleError(ValueError):
    """What was asked of people or teams cannot be. The message is a sentence for the one who asked."""


class PersonFields(TypedDict, total=False):
    """What a person has beside the username. `holidays` is a calendar such as US-NY, or empty."""

    name: str
    email: str
    time_zone: str
    holidays: str
    outcome_notices: bool


class TeamFields(TypedDict, total=False):
    """What a team has beside its name and members."""

    time_zone: str
    pages_per_shift_budget: int
    rest_hours: int
    swaps_need_approval: bool
    extras: dict[str, Any]


@transaction.atomic
def create_user(*, username: str, by: Actor, now: datetime, **fields: Unpack[PersonFields]) -> User:
    """A new person, who cannot log in until somebody sets a password. Raises PeopleError for a name taken."""
    user = User(username=username, date_joined=now, **fields)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise PeopleError(f"There is already a user “{username}”; choose another username.") from None
    record([Line(Verb.USER_CREATED, ("user", user.pk), by, f"created {username}")], now=now)
    return user


@transaction.atomic
def create_administrator(
    *, username: str, password: str, by: Actor, now: datetime, **fields: Unpack[PersonFields]
) -> User:
    """A person who may do everything and can log in. Raises PeopleError for a name taken."""
    user = create_user(username=username, by=by, now=now, **fields)
    user.set_password(password)
    user.is_superuser = user.is_staff = True
    user.save(update_fields=["password", "is_superuser", "is_staff"])
    record([Line(Verb.USER_CHANGED, ("user", user.pk), by, f"made {username} an administrator")], now=now)
    return user


@transaction.atomic
def change_user(*, user: User, by: Actor, now: datetime, **changes: Unpack[PersonFields]) -> User:
    """Set the given fields. Writes nothing when they already say so. Who moves to another zone or other
    holidays moves at `now`: what was before stays as it was.
    """
    place = PastPlace(user=user, until=now, time_zone=user.time_zone, holidays=user.holidays)
    changed = _set(user, changes)
    if changed.keys() & {"time_zone", "holidays"}:
        places = {"time_zone": place.time_zone, "holidays": place.holidays}
        PastPlace.objects.get_or_create(user=user, until=now, defaults=places)
    if changed:
        what = f"changed {', '.join(changed)} of {user.username}"
        record([Line(Verb.USER_CHANGED, ("user", user.pk), by, what, data=changed)], now=now)
    return user


@transaction.atomic
def deactivate_user(*, user: User, by: Actor, now: datetime) -> None:
    """They leave: no login, no token, no page from now on. Their turns become nobody's; the past stays."""
    if _set(user, {"is_active": False}):
        ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        record([Line(Verb.USER_DEACTIVATED, ("user", user.pk), by, f"deactivated {user.username}")], now=now)


@transaction.atomic
def reactivate_user(*, user: User, by: Actor, now: datetime) -> None:
    """They come back, in their old places. Their tokens stay revoked."""
    if _set(user, {"is_active": True}):
        changed = {"is_active": [False, True]}
        what = f"reactivated {user.username}"
        record([Line(Verb.USER_CHANGED, ("user", user.pk), by, what, data=changed)], now=now)


@transaction.atomic
def create_team(*, name: str, by: Actor, now: datetime, **fields: Unpack[TeamFields]) -> Team:
    """A new team without members. Raises PeopleError for a name taken."""
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, **fields)
    except IntegrityError:
        raise PeopleError(f"There is already a team “{name}”; choose another name.") from None
    record([Line(Verb.TEAM_CREATED, ("team", team.pk), by, f"created team {name}")], now=now)
    return team


@transaction.atomic
def change_team(*, team: Team, by: Actor, now: datetime, **changes: Unpack[TeamFields]) -> Team:
    """Set the given fields. Writes nothing when they already say so."""
    changed = _set(team, changes)
    if changed:
        what = f"changed {', '.join(changed)} of team {team.name}"
        record([Line(Verb.TEAM_CHANGED, ("team", team.pk), by, what, data=changed)], now=now)
    return team


@transaction.atomic
def set_members(*, team: Team, members: Mapping[User, str], by: Actor, now: datetime) -> None:
    """Make `members` (person to role) the whole team. Managers may log in to the admin; who no longer
    manages any team may not.
    """
    before = {member.user: member.role for member in team.memberships.select_related("user").order_by("pk")}
    if before == members:
        return
    since = now if before else None  # with the first ones a team begins, whenever it is written down
    _dismiss(team.memberships.exclude(user__in=members), now=now)
    for user, role in members.items():
        if before.get(user) != role:
            Membership.objects.update_or_create(
                team=team, user=user, defaults={"role": role}, create_defaults={"role": role, "since": since}
            )
    for user in {*before, *members}:
        _admit(user)
    spelled = [{user.username: role for user, role in people.items()} for people in (before, members)]
    what = f"set the members of team {team.name}"
    record([Line(Verb.TEAM_CHANGED, ("team", team.pk), by, what, data={"members": spelled})], now=now)


@transaction.atomic
def retire_team(*, team: Team, by: Actor, now: datetime) -> None:
    """Nobody is in it any more. It is deleted, unless a schedule, a service or a policy names it."""
    set_members(team=team, members={}, by=by, now=now)
    pk, name = team.pk, team.name
    try:
        with transaction.atomic():
            team.delete()
    except ProtectedError:
        return
    record([Line(Verb.TEAM_CHANGED, ("team", pk), by, f"deleted team {name}")], now=now)


@transaction.atomic
def create_token(*, user: User, by: Actor, now: datetime) -> str:
    """A new API token. The secret is returned once; only its digest is kept.

    Raises PeopleError for somebody who has been deactivated.
    """
    if not user.is_active:
        raise PeopleError(f"{user.username} has been deactivated and can have no token.")
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(user=user, digest=ApiToken.digest_of(secret), created_at=now)
    what = f"made API token {token.pk} for {user.username}"
    record([Line(Verb.TOKEN_CREATED, ("user", user.pk), by, what, data={"token": token.pk})], now=now)
    return secret


def _dismiss(leaving: QuerySet[Membership], *, now: datetime) -> None:
    rows = list(leaving)
    PastMembership.objects.bulk_create(
        PastMembership(team_id=one.team_id, user_id=one.user_id, role=one.role, since=one.since, until=now)
        for one in rows
    )
    leaving.delete()


def _admit(user: User) -> None:
    manages = Membership.objects.filter(user=user, role=Membership.Role.MANAGER).exists()
    _set(user, {"is_staff": manages or user.is_superuser})


def _set(row: Model, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Write what differs; returns each field's old and new value."""
    changed = {
        name: [getattr(row, name), value] for name, value in changes.items() if getattr(row, name) != value
    }
    for name, (_, value) in changed.items():
        setattr(row, name, value)
    if changed:
        row.save(update_fields=list(changed))
    return changed
