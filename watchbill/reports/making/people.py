"""Each person beside what would be fair."""

from datetime import timedelta
from fractions import Fraction

from oncall.core.span import Span, intersection, union
from watchbill.reports.core.fairness import PersonLoad, people
from watchbill.reports.core.report import Load, PersonRow
from watchbill.reports.core.thresholds import Thresholds
from watchbill.reports.gathering import A_DAY
from watchbill.reports.making.figures import Figures, rounded, seconds
from watchbill.reports.making.tallies import Tallies

LATELY, LONG = 21, 90  # days
FOR_THE_SHARE = 28 * A_DAY


def person_rows(figures: Figures, tallies: Tallies, thresholds: Thresholds) -> list[PersonRow]:
    """Whoever carried something of the team's in the last 90 days; who was woken most lately comes first."""
    lately, long = (_over(figures, tallies, days * A_DAY) for days in (LATELY, LONG))
    rows = []
    for user, over in long.items():
        person = figures.gathered.people[user]
        loads = [
            _load(days, one, thresholds) for days, one in ((LATELY, lately.get(user)), (LONG, over)) if one
        ]
        share = _share(figures, user)
        judged = [over.uneven(thresholds), thresholds.on_call_share.colour(share)]
        judged += [lately[user].uneven(thresholds)] if user in lately else []
        rows.append(
            PersonRow(
                user=person.username,
                user_id=person.pk,
                name=str(person),
                share=rounded(share),
                colour=max(judged).said,
                loads=loads,
            )
        )
    return sorted(rows, key=_order)


def _share(figures: Figures, user: int) -> Fraction:
    """Of all hours of the last 28 days, those on call for anybody."""
    end = figures.scope.within.end
    carried = union(duty.span for duty in figures.gathered.carriage.by_user.get(user, ()))
    on_call = intersection(carried, [Span(end - FOR_THE_SHARE, end)])
    return Fraction(sum(seconds(span.end - span.start) for span in on_call), seconds(FOR_THE_SHARE))


def _over(figures: Figures, tallies: Tallies, days: timedelta) -> dict[int, PersonLoad]:
    end = figures.scope.within.end
    span = Span(end - days, end)
    return {one.user: one for one in people(tallies.parts_in(span), within=span)}


def _load(days: int, one: PersonLoad, thresholds: Thresholds) -> Load:
    return Load(
        days=days,
        carried=seconds(one.carried),
        sleep=seconds(one.sleep),
        nights=one.nights,
        weekends=one.weekends,
        pages=one.pages,
        interruptions=one.interruptions,
        sleep_interruptions=one.sleep_interruptions,
        short_rests=one.short_rests,
        fair=rounded(one.fair),
        over_fair=None if one.over_fair is None else rounded(one.over_fair),
        colour=one.uneven(thresholds).said,
    )


def _order(row: PersonRow) -> tuple[int, int, str]:
    """Whoever carried nothing lately was not woken."""
    lately = next((load for load in row.loads if load.days == LATELY), None)
    woken = (lately.sleep_interruptions, lately.interruptions) if lately else (0, 0)
    return -woken[0], -woken[1], row.user
