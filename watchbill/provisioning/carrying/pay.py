"""Versions of pay plans, and days of the company."""

from datetime import date, time
from typing import cast

from oncall.actions import Refused
from oncall.compensation.actions import company_days, plans
from oncall.compensation.models import CompanyDay as CompanyDayRow
from oncall.compensation.models import PayPlan as PayPlanRow
from people.ledger.record import Line, record
from people.ledger.verbs import Verb
from people.models import Team
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.document.pay import CompanyDay, PayPlan
from watchbill.provisioning.models import KeptPart
from watchbill.provisioning.pay_terms import terms_of
from watchbill.provisioning.plan import Change
from watchbill.provisioning.stored_pay import PAY_PLANS


def set_version(change: Change, context: Context) -> None:
    """A part of that name that an earlier version kept is kept no longer: people are paid by it now."""
    said = cast("PayPlan", change.wanted)
    plan = _plan(said, context)
    users, teams = context.users(said.people), Team.objects.filter(name__in=said.teams)
    plans.set_version(
        plan=plan,
        effective_from=said.effective_from,
        effective_until=said.effective_until,
        terms=terms_of(said),
        people=[users[name] for name in said.people],
        teams=teams,
        places=said.places,
        by=context.by,
        now=context.now,
    )
    KeptPart.objects.filter(section=PAY_PLANS, name=said.name).delete()


def end_version(change: Change, context: Context) -> None:
    said = cast("PayPlan", change.stored)
    version = PayPlanRow.objects.get(name=said.name).versions.get(effective_from=said.effective_from)
    plans.end_version(version=version, by=context.by, now=context.now, why="no longer in the document")


def add_company_day(change: Change, context: Context) -> None:
    said = cast("CompanyDay", change.wanted)
    company_days.add_company_day(
        day=said.date,
        name=said.name,
        calendar=said.calendar,
        start=time.fromisoformat(said.start),
        end=time.fromisoformat(said.end),
        worked=said.worked,
        by=context.by,
        now=context.now,
    )


def change_company_day(change: Change, context: Context) -> None:
    remove_company_day(change, context)
    add_company_day(change, context)


def remove_company_day(change: Change, context: Context) -> None:
    day, calendar = change.identity
    row = CompanyDayRow.objects.get(date=date.fromisoformat(day), calendar=calendar)
    company_days.remove_company_day(company_day=row, by=context.by, now=context.now)


def drop_kept(change: Change, context: Context) -> None:
    part = KeptPart.objects.get(section=PAY_PLANS, name=change.identity[0])
    what = f"removed pay plan {part.name}, by which nobody was paid"
    line = Line(Verb.DOCUMENT_KEPT, ("kept_part", part.pk), context.by, what, data={"body": part.body})
    record([line], now=context.now)
    part.delete()


def _plan(said: PayPlan, context: Context) -> PayPlanRow:
    """The one of that name. Raises Refused where it pays in another currency."""
    row = PayPlanRow.objects.filter(name=said.name).first()
    if row is None or (row.retired_at is not None and not row.versions.exists()):
        return plans.create_plan(name=said.name, currency=said.currency, by=context.by, now=context.now)
    if row.currency != said.currency:
        raise Refused(
            f"Pay plan “{said.name}” pays in {row.currency}, which stays so; write currency: {row.currency}, "
            "or name the new plan otherwise."
        )
    return row
