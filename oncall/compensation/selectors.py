"""What people were paid, asked of the database; and who may see it: never anybody but the person, those who
manage a team of theirs, and superusers.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from oncall.compensation.core import lieu
from oncall.compensation.core.lieu import Balance, Booked, Credit, Use
from oncall.compensation.currencies import shown
from oncall.compensation.models import Adjustment, Dispute, LieuUse, Statement, StatementLine
from people.models import Membership, PastMembership, User
from people.permissions import managed_team_ids

ADJUSTMENT = "adjustment"
"""The kind of the lines that are a month's adjustments; the others are kinds of `core.line.Kind`."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Of one statement: amounts by currency, and minutes of time in lieu credited."""

    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    lieu_minutes: int = 0

    def __str__(self) -> str:
        """“700.00 USD, 90 min in lieu”; “nothing”."""
        parts = [f"{shown(amount, currency)} {currency}" for currency, amount in sorted(self.amounts.items())]
        if self.lieu_minutes:
            parts.append(f"{self.lieu_minutes} min in lieu")
        return ", ".join(parts) or "nothing"


NOTHING = Totals()


def lines_of(statement: Statement) -> QuerySet[StatementLine]:
    """In order, adjustments last."""
    return StatementLine.objects.filter(statement=statement).order_by("position")


def months_of(user: User) -> QuerySet[Statement]:
    """A person's statements, the latest first."""
    return Statement.objects.filter(user=user).order_by("-month")


def totals_of(statements: Iterable[Statement]) -> dict[int, Totals]:
    """By the statement's id, in one query. One without lines is not among the keys."""
    amounts: dict[int, dict[str, Decimal]] = defaultdict(dict)
    minutes: dict[int, int] = defaultdict(int)
    rows = StatementLine.objects.filter(statement__in=[one.pk for one in statements])
    for pk, currency, amount, earned in (
        rows.order_by()
        .values_list("statement", "currency")
        .annotate(owed=Sum("amount"), earned=Sum("lieu_minutes"))
    ):
        amounts[pk][currency] = amount
        minutes[pk] += earned
    return {pk: Totals(amounts=found, lieu_minutes=minutes[pk]) for pk, found in amounts.items()}


def fingerprint(lines: Iterable[StatementLine]) -> str:
    """Says what the lines say: who saw this one, and finds it again, saw the same lines."""
    said = [
        (
            line.kind,
            line.plan,
            line.band,
            line.schedule,
            line.role,
            line.start.astimezone(UTC).isoformat(),
            line.end.astimezone(UTC).isoformat(),
            line.exact,
            f"{line.amount.normalize():f}",
            line.currency,
            line.lieu_minutes,
            line.override,
            list(line.pages),
            line.because,
        )
        for line in lines
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def open_disputes(statement: Statement) -> QuerySet[Dispute]:
    return Dispute.objects.filter(statement=statement, state=Dispute.State.OPEN).order_by("pk")


def adjustments_in(user_ids: Collection[int], month: date) -> Mapping[int, list[Adjustment]]:
    """By person, those of the month that are not cancelled, in the order in which they were made."""
    found: dict[int, list[Adjustment]] = defaultdict(list)
    rows = Adjustment.objects.filter(user__in=user_ids, month=month, cancelled_at=None).order_by("pk")
    for row in rows:
        found[row.user_id].append(row)
    return found


def people_seen(viewer: User) -> QuerySet[User]:
    """Those whose pay `viewer` may see as they are now: themselves, and the people of teams they manage.

    Whoever has left such a team is not among them; their months in it are among `statements_seen`.
    """
    if viewer.is_superuser:
        return User.objects.all()
    return User.objects.filter(Q(pk=viewer.pk) | Q(pk__in=_managed_now(viewer)))


def statements_seen(viewer: User) -> QuerySet[Statement]:
    """One's own, those of the people of the teams one manages, and of those who were in one, for the months
    in which they were.
    """
    return Statement.objects.filter(seen(viewer))


def seen(viewer: User, *, user: str = "user", month: str = "month") -> Q:
    """The rows that `viewer` may see, of a model whose fields of these names say whose and which month."""
    if viewer.is_superuser:
        return Q()
    return Q(**{user: viewer.pk}) | managed_by(viewer, user=user, month=month)


def managed_by(viewer: User, *, user: str = "user", month: str = "month") -> Q:
    """The rows of those whom `viewer` manages, or managed in that month; also of superusers' own."""
    if viewer.is_superuser:
        return Q()
    was_there = PastMembership.objects.filter(
        user=OuterRef(user), team__in=managed_team_ids(viewer)
    ).annotate(
        first=TruncMonth("since", tzinfo=UTC, output_field=DateField()),
        last=TruncMonth("until", tzinfo=UTC, output_field=DateField()),
    )
    then = was_there.filter(Q(first=None) | Q(first__lte=OuterRef(month)), last__gte=OuterRef(month))
    return Q(Exists(then), _connector=Q.AND) | Q(**{f"{user}__in": _managed_now(viewer)})


def manages(viewer: User, user: User, *, month: date | None = None) -> bool:
    """Whether `viewer` manages a team that `user` is in, or was in during the month; superusers always do."""
    if viewer.is_superuser:
        return True
    if _managed_now(viewer).filter(user=user).exists():
        return True
    was_there = PastMembership.objects.filter(user=user, team__in=managed_team_ids(viewer))
    return month is not None and any(
        (since is None or since.astimezone(UTC).date().replace(day=1) <= month)
        and until.astimezone(UTC).date().replace(day=1) >= month
        for since, until in was_there.values_list("since", "until")
    )


def approvers_of(user: User, *, month: date) -> list[User]:
    """Who may approve the person's pay and is to be asked: the active managers of their teams, of now and of
    then, and where there are none, superusers.
    """
    teams = set(Membership.objects.filter(user=user).values_list("team_id", flat=True))
    left = PastMembership.objects.filter(user=user).annotate(
        first=TruncMonth("since", tzinfo=UTC, output_field=DateField()),
        last=TruncMonth("until", tzinfo=UTC, output_field=DateField()),
    )
    left = left.filter(Q(first=None) | Q(first__lte=month), last__gte=month)
    teams |= set(left.values_list("team_id", flat=True))
    managing = Membership.objects.filter(team__in=teams, role=Membership.Role.MANAGER).values("user")
    others = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("pk")
    return list(others.filter(pk__in=managing)) or list(others.filter(is_superuser=True))


def _managed_now(viewer: User) -> QuerySet[Membership, int]:
    rows = Membership.objects.filter(team__in=managed_team_ids(viewer))
    return rows.values_list("user", flat=True)


def lieu_uses_of(user: User) -> QuerySet[LieuUse]:
    """Those that are not cancelled, in order of time."""
    return LieuUse.objects.filter(user=user, cancelled_at=None).order_by("at", "pk")


@dataclass(kw_only=True)
class LieuAccount:
    """What a person was credited, and what they took off; `core.lieu` says what that comes to."""

    credits: list[Credit] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def balance(self, at: datetime) -> Balance:
        return lieu.balance(self.credits, self.uses, at=at)

    def booked(self, at: datetime) -> list[Booked]:
        return lieu.booked(self.credits, self.uses, at=at)


def lieu_accounts(user_ids: Collection[int]) -> Mapping[int, LieuAccount]:
    """By person, in three queries. Statements count as they stand, drafts too. An adjustment counts from when
    it was made and does not expire; one that takes minutes away is a use of them.
    """
    found: dict[int, LieuAccount] = defaultdict(LieuAccount)
    lines = StatementLine.objects.filter(statement__user__in=user_ids).exclude(lieu_minutes=0)
    for user, at, minutes, expires in lines.exclude(kind=ADJUSTMENT).values_list(
        "statement__user", "end", "lieu_minutes", "lieu_expires"
    ):
        found[user].credits.append(Credit(at=at, minutes=minutes, expires=expires))
    made = Adjustment.objects.filter(user__in=user_ids, cancelled_at=None).exclude(lieu_minutes=0)
    for user, at, minutes in made.values_list("user", "created_at", "lieu_minutes"):
        if minutes > 0:
            found[user].credits.append(Credit(at=at, minutes=minutes))
        else:
            found[user].uses.append(Use(at=at, minutes=-minutes))
    taken = LieuUse.objects.filter(user__in=user_ids, cancelled_at=None)
    for user, at, minutes in taken.values_list("user", "at", "minutes"):
        found[user].uses.append(Use(at=at, minutes=minutes))
    return found


def lieu_balance(user: User, at: datetime) -> Balance:
    """What `user` may take off at `at`, in minutes; see `core.lieu.Balance`."""
    return lieu_accounts([user.pk])[user.pk].balance(at)


def lieu_ledger(user: User, at: datetime) -> list[Booked]:
    """What was earned, used and lost by `at`, in order, each with what was left after it."""
    return lieu_accounts([user.pk])[user.pk].booked(at)
