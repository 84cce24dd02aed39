"""The lines of a draft: what is reckoned, and the month's adjustments after it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter

from oncall.actions.refusal import Refused
from oncall.compensation.core.line import Line
from oncall.compensation.core.money import in_hours
from oncall.compensation.core.months import in_words
from oncall.compensation.models import Adjustment, Statement, StatementLine
from oncall.compensation.reckoning import Owed
from oncall.compensation.selectors import ADJUSTMENT, adjustments_in

SAID = (
    "position",
    "kind",
    "plan",
    "band",
    "schedule",
    "role",
    "start",
    "end",
    "seconds",
    "rate",
    "exact",
    "amount",
    "currency",
    "lieu_minutes",
    "lieu_expires",
    "override",
    "pages",
    "because",
)
"""All that a line says, to be compared."""
MOST_MONEY = Decimal(10) ** 10


def renew(owed: Mapping[int, Owed], *, month: date, now: datetime) -> list[Statement]:
    """Write what was reckoned at `now` into these people's drafts of the month, in the caller's transaction,
    and make those that are missing. Returns the drafts that say something else than before.

    1. Who carried or is owed anything has a statement; one that others make at the same time is made once.
    2. Drafts are locked: from then on nobody approves or adjusts what is about to be written. One that was
       reckoned later than `now` is left alone.
    3. Only those whose lines differ are written. A number of statements that does not grow with people.
    """
    _make(owed, month=month, now=now)
    drafts = Statement.objects.select_for_update(no_key=True).filter(
        user__in=owed.keys(), month=month, state=Statement.State.DRAFT, reckoned_at__lte=now
    )
    rows = list(drafts.order_by("pk"))
    adjusted = adjustments_in([row.user_id for row in rows], month)
    before = _stored(rows)
    changed, lines = [], []
    for row in rows:
        mine = owed[row.user_id]
        wanted = list(statement_lines(row, mine, adjusted.get(row.user_id, ())))
        warnings = warnings_of(mine)
        if [_said(line) for line in wanted] != before.get(row.pk, []) or warnings != row.warnings:
            row.warnings, row.reckoned_at = warnings, now
            changed.append(row)
            lines += wanted
    Statement.objects.filter(pk__in=[row.pk for row in rows]).update(reckoned_at=now)
    Statement.objects.bulk_update(changed, ["warnings"])
    StatementLine.objects.filter(statement__in=[row.pk for row in changed]).delete()
    StatementLine.objects.bulk_create(lines)
    return changed


def _make(owed: Mapping[int, Owed], *, month: date, now: datetime) -> None:
    adjusted = adjustments_in(owed.keys(), month)
    there = set(Statement.objects.filter(user__in=owed.keys(), month=month).values_list("user_id", flat=True))
    wanted = [
        user
        for user, one in owed.items()
        if user not in there and (one.statement.lines or one.carried or user in adjusted)
    ]
    rows = (Statement(user_id=user, month=month, reckoned_at=now) for user in sorted(wanted))
    Statement.objects.bulk_create(rows, ignore_conflicts=True)


def statement_lines(
    statement: Statement, owed: Owed, adjustments: Collection[Adjustment]
) -> Iterator[StatementLine]:
    """Unsaved, in order."""
    position = 0
    for position, line in enumerate(owed.statement.lines, 1):
        yield _reckoned(statement, position, line, owed)
    for number, one in enumerate(adjustments, position + 1):
        yield _adjusted(statement, number, one, owed)


def warnings_of(owed: Owed) -> list[str]:
    unpaid = [f"{in_hours(owed.unpaid)} h were carried that no plan pays."] if owed.unpaid else []
    return [*owed.statement.warnings, *unpaid, *_moves(owed)]


def _moves(owed: Owed) -> Iterator[str]:
    """Bands, holidays and perhaps the plan follow a person's place: whoever approves sees that it changed."""
    moves = next((stage.moves for stage in owed.staged.stages if stage.moves), ())
    for before, after in pairwise(moves):
        if owed.staged.whole.start < before.until < owed.staged.whole.end:
            zones = [str(move.place.zone) for move in (before, after)]
            at = f"{before.until.astimezone(after.place.zone):%Y-%m-%d %H:%M} ({zones[1]})"
            moved = f"moved from {zones[0]}" if zones[0] != zones[1] else "got another holiday calendar"
            yield f"They {moved} on {at}: before and after it, lines are by what held then."


def _reckoned(statement: Statement, position: int, line: Line, owed: Owed) -> StatementLine:
    """Raises Refused for more money than a line can hold."""
    if abs(line.amount) >= MOST_MONEY:
        raise Refused(
            f"{statement.user} would be paid {line.amount} {line.currency} in one line, and no line holds so "
            f"much; look at what pay plan “{line.plan}” says."
        )
    return StatementLine(
        statement=statement,
        position=position,
        kind=line.kind.value,
        plan=line.plan[:100],
        band=line.band[:100],
        schedule=line.schedule[:100],
        role=line.role[:40],
        start=line.span.start,
        end=line.span.end,
        seconds=int(line.length.total_seconds()),
        rate=line.rate[:200],
        exact=str(line.exact)[:100],
        amount=line.amount,
        currency=line.currency,
        lieu_minutes=line.lieu_minutes,
        lieu_expires=owed.lieu_expires(line),
        override=line.override[:40],
        pages=list(line.pages),
        because=line.because[:500],
    )


def _adjusted(statement: Statement, position: int, one: Adjustment, owed: Owed) -> StatementLine:
    """At the beginning of its month: what it is about lies elsewhere, or at no time."""
    begins = owed.staged.whole.start
    return StatementLine(
        statement=statement,
        position=position,
        kind=ADJUSTMENT,
        plan="",
        start=begins,
        end=begins,
        seconds=0,
        rate=f"about {in_words(one.about)}" if one.about else "",
        exact=f"{one.amount.normalize():f}",
        amount=one.amount,
        currency=one.currency,
        lieu_minutes=one.lieu_minutes,
        because=one.why,
    )


def _stored(rows: Iterable[Statement]) -> dict[int, list[tuple[object, ...]]]:
    found: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    lines = StatementLine.objects.filter(statement__in=[row.pk for row in rows])
    for pk, *said in lines.order_by("statement", "position").values_list("statement", *SAID):
        found[pk].append(tuple(said))
    return found


_said = attrgetter(*SAID)
