"""Users, with the ways to reach them, and teams."""

from decimal import Decimal
from typing import cast

from oncall.compensation.actions import budgets
from paging.actions.contacts import disable_contact_method, set_contact_method, set_rules
from paging.models import ContactMethod
from people import actions
from people.models import Team as TeamRow
from people.models import User
from watchbill.provisioning import load_terms
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.document.people import Person, Rules, Team
from watchbill.provisioning.document.words import FULL_DAYS
from watchbill.provisioning.plan import Change
from watchbill.reports.actions.terms import set_mailing, set_terms


def create_user(change: Change, context: Context) -> None:
    person = cast("Person", change.wanted)
    user = actions.create_user(username=person.username, by=context.by, now=context.now, **_fields(person))
    _reach(user, person, None, context)
    if not person.active:
        context.leavers.append(user)


def change_user(change: Change, context: Context) -> None:
    person, old = cast("Person", change.wanted), cast("Person", change.stored)
    user = context.user(person.username)
    actions.change_user(user=user, by=context.by, now=context.now, **_fields(person))
    if person.active != old.active:
        switch = actions.reactivate_user if person.active else actions.deactivate_user
        switch(user=user, by=context.by, now=context.now)
    _reach(user, person, old, context)


def let_go(context: Context) -> None:
    """Deactivate those who come in as people who have left: their old overrides name them."""
    for user in context.leavers:
        actions.deactivate_user(user=user, by=context.by, now=context.now)


def retire_user(change: Change, context: Context) -> None:
    actions.deactivate_user(user=context.user(change.identity[0]), by=context.by, now=context.now)


def create_team(change: Change, context: Context) -> None:
    team = cast("Team", change.wanted)
    row = actions.create_team(name=team.name, by=context.by, now=context.now, **_team_fields(team))
    _set_members(row, team, context)
    _set_budgets(row, team, context)
    _set_report(row, team, context)


def change_team(change: Change, context: Context) -> None:
    team = cast("Team", change.wanted)
    row = context.team(team.name)
    if row is not None:
        actions.change_team(team=row, by=context.by, now=context.now, **_team_fields(team))
        _set_members(row, team, context)
        _set_budgets(row, team, context)
        _set_report(row, team, context)


def retire_team(change: Change, context: Context) -> None:
    row = context.team(change.identity[0])
    if row is not None:
        actions.retire_team(team=row, by=context.by, now=context.now)


def _fields(person: Person) -> actions.PersonFields:
    return {
        "name": person.name,
        "email": person.email,
        "time_zone": person.time_zone,
        "holidays": person.holidays,
    }


def _team_fields(team: Team) -> actions.TeamFields:
    return {
        "time_zone": team.time_zone,
        "pages_per_shift_budget": team.pages_per_shift_budget,
        "rest_hours": team.rest_hours,
        "swaps_need_approval": team.swaps_need_approval,
        "extras": {},
    }


def _set_members(team: TeamRow, wanted: Team, context: Context) -> None:
    members = wanted.members or {}
    users = context.users(members)
    actions.set_members(
        team=team,
        members={users[name]: role for name, role in members.items()},
        by=context.by,
        now=context.now,
    )


def _set_budgets(row: TeamRow, team: Team, context: Context) -> None:
    """Those of the document, and no other."""
    wanted = {budget.key: Decimal(str(budget.amount)) for budget in team.pay_budgets}
    for budget in row.pay_budgets.all():
        if (budget.since, budget.currency) not in wanted:
            budgets.remove_budget(budget=budget, by=context.by, now=context.now)
    for (since, currency), amount in wanted.items():
        budgets.set_budget(
            team=row, since=since, amount=amount, currency=currency, by=context.by, now=context.now
        )


def _set_report(row: TeamRow, team: Team, context: Context) -> None:
    """As a completed team has it: none is the usual one."""
    report, by, now = team.load_report or load_terms.USUAL, context.by, context.now
    set_mailing(
        team=row,
        weekday=FULL_DAYS.index(report.day),
        at=load_terms.clock(report),
        to=context.users(report.to).values(),
        after_shift=report.after_shift,
        by=by,
        now=now,
    )
    set_terms(team=row, thresholds=load_terms.plain_thresholds(report), by=by, now=now)


def _reach(user: User, person: Person, old: Person | None, context: Context) -> None:
    """Make the contact methods and rules of a completed person theirs."""
    wanted = {(method.via, method.address) for method in person.contact_methods or []}
    for method in ContactMethod.objects.filter(user=user, disabled_reason="", verified_at__isnull=False):
        if (method.kind, method.address) not in wanted:
            disable_contact_method(
                method=method, reason="no longer in the document", by=context.by, now=context.now
            )
    for one in person.contact_methods or []:
        set_contact_method(user=user, kind=one.via, address=one.address, by=context.by, now=context.now)
    rules = person.notification_rules or Rules()
    if old is None or rules != (old.notification_rules or Rules()):
        for urgency in ("high", "low"):
            pairs = [(rule.via, rule.after) for rule in getattr(rules, urgency)]
            set_rules(user=user, urgency=urgency, rules=pairs, by=context.by, now=context.now)
