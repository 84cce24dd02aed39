"""The whole REST API, as schemathesis speaks it: made from our own OpenAPI document, right and wrong.

`make fuzz` asks for many more examples of each operation than `make test` (FUZZ_EXAMPLES).
"""

import os
from contextlib import contextmanager

import pytest
import schemathesis
from django.apps import apps
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from people import clock
from people.actions import create_token
from people.models import User
from tests.fuzz.undoing import rows, undone
from watchbill.provisioning import demo

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
load_all_checks()
schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
schema.app = get_wsgi_application()
schema.config.phases.update(phases=["examples", "fuzzing", *(["coverage"] if EXAMPLES > 10 else [])])
PLURALS = {
    "adjustments": ("compensation.adjustment", "pk"),
    "alert-rules": ("escalation.alertrule", "pk"),
    "contact-methods": ("paging.contactmethod", "pk"),
    "handoffs": ("oncall.handoff", "pk"),
    "heartbeats": ("escalation.heartbeat", "pk"),
    "incidents": ("escalation.incident", "pk"),
    "load": ("people.team", "name"),
    "maintenance": ("escalation.maintenancewindow", "pk"),
    "overrides": ("oncall.override", "pk"),
    "reports": ("reports.storedreport", "uid"),
    "schedules": ("oncall.schedule", "name"),
    "services": ("escalation.service", "name"),
    "statements": ("compensation.statement", "pk"),
    "swaps": ("oncall.swap", "pk"),
    "time-off": ("oncall.timeoff", "pk"),
    "webhooks": ("escalation.webhook", "pk"),
}
KNOWN = {}
"""What a path may name and find, by the plural before it in the path. Filled by the organisation."""


@schema.hook
def map_path_parameters(context, path_parameters):
    """Most of the time it is something that is there: what is nowhere is refused too soon to be a trial."""
    parts = context.operation.path.strip("/").split("/")
    found = dict(path_parameters or {})
    for name, value in found.items():
        known = KNOWN.get(parts[parts.index(f"{{{name}}}") - 1], [])
        chosen = hash(repr(value)) % (len(known) + 1)
        if chosen < len(known):
            found[name] = known[chosen]
    return found


@pytest.fixture(scope="module")
def organisation(django_db_setup, django_db_blocker):
    """The demo's, with everything that happened in it; each example is undone again."""
    with django_db_blocker.unblock(), connections_kept(), undone():
        now = clock.now()
        demo.fill(now)
        KNOWN.update(
            {
                plural: list(apps.get_model(model).objects.order_by("-pk").values_list(field, flat=True)[:5])
                for plural, (model, field) in PLURALS.items()
            }
        )
        user = User.objects.get(username=demo.ADMINISTRATOR)
        yield {"Authorization": f"Bearer {create_token(user=user, by=demo.DEMO, now=now)}"}


@contextmanager
def connections_kept():
    """The application would give its connection back at the end of each request, as it should."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_call_whatever_is_an_error_of_ours_or_half_done(case, organisation):
    with undone():
        before = rows()
        answer = case.call(headers=organisation)
        after = rows() if answer.status_code >= 400 else before
    case.validate_response(
        answer, checks=[not_a_server_error, response_schema_conformance, content_type_conformance]
    )
    assert after == before, "it was refused, and yet something of it was stored"
