"""The whole document."""

from typing import Annotated, Any

from pydantic import PlainValidator

from watchbill.provisioning.document.escalation import Policy, Service, Webhook
from watchbill.provisioning.document.pay import CompanyDay, PayPlan
from watchbill.provisioning.document.people import Person, Team, TimeOff
from watchbill.provisioning.document.schedules import Schedule
from watchbill.provisioning.document.words import Part


def _version(value: Any) -> int:
    if value != 1 or isinstance(value, bool):
        raise ValueError(f"“{value}” is not a version that this Watchbill reads; write version: 1.")
    return 1


class Organisation(Part):
    """Everything `apply` reads and `export` writes."""

    version: Annotated[int, PlainValidator(_version)]
    users: list[Person] = []
    teams: list[Team] = []
    schedules: list[Schedule] = []
    time_off: list[TimeOff] = []
    webhooks: list[Webhook] = []
    escalation_policies: list[Policy] = []
    services: list[Service] = []
    pay_plans: list[PayPlan] = []
    company_days: list[CompanyDay] = []
