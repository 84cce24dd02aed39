"""What doctor says of routing rules."""

from escalation.models import RoutingRule, Service
from tests.escalation.routing.conftest import Routing
from watchbill.doctor.routing import routing


def test_it_names_rules_that_lead_nowhere_never_count_or_cannot_be_read(db):
    world = Routing()
    broken = world.route({"x": "y"}, severity="SEV-1")
    RoutingRule.objects.filter(pk=broken.pk).update(match=[])
    world.route({"a": "*x"}, to=world.database)
    world.route({"a": "yx"}, severity="SEV-2")
    world.route({"b": "y"}, severity="SEV-2")
    assert [found.what for found in routing(world.now)] == [
        "Routing rule 1 of “payments-api” (cannot be read: its match is not {label: value}) is passed over.",
        "Routing rule 3 of “payments-api” (a=yx) never counts: rule 2 (a=*x) takes all of its alerts.",
    ]
    Service.objects.filter(pk=world.database.pk).update(retired_at=world.now)
    assert [found.what for found in routing(world.now)][1:] == [
        "Routing rule 2 of “payments-api” (a=*x) leads to “shop-db”, which is retired: it is passed over."
    ]
