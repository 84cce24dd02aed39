"""What a webhook follows stands in the document, and is left alone where it does not."""

import pytest

from escalation.actions import following
from escalation.models import Follower, Service, Webhook
from tests.provisioning.organisations import NOW, SMALL, done, empty_the_database, put, refused
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db


def hook(follows=None, document=SMALL):
    said = f", follows: {follows}" if follows else ""
    return f"{document}webhooks:\n  - {{name: Ops bus, url: 'https://hooks.small.example/x'{said}}}\n"


def followed():
    return following.in_words(following.spec_of(Follower.objects.filter().first()))


@pytest.mark.parametrize(
    ("given", "means", "exported"),
    [
        ("all", "all incidents", "follows: all"),
        ("{all: true}", "all incidents", "follows: all"),
        (
            "{all: true, events: [incident.resolved, incident.note, incident.note]}",
            "all incidents (incident.note, incident.resolved)",
            "follows: {all: true, events: [incident.note, incident.resolved]}",
        ),
        ("{services: [api]}", "incidents of service api", "follows: {services: [api]}"),
        (
            "{services: [api], teams: [Ops], events: [incident.triggered]}",
            "incidents of team Ops, service api (incident.triggered)",
            "follows: {services: [api], teams: [Ops], events: [incident.triggered]}",
        ),
    ],
    ids=["all", "all true", "some events", "a service", "both"],
)
def test_it_is_applied_exported_and_applied_again_without_a_change(given, means, exported):
    put(hook(given))
    assert followed() == means
    assert put(hook(given)).changes == ()
    document = export(now=NOW)
    assert exported in document
    assert put(document).changes == ()
    empty_the_database()
    put(document)
    assert export(now=NOW) == document


def test_it_comes_after_the_service_that_it_follows_and_the_plan_says_it():
    plan = put(hook("{services: [api]}"))
    names = done(plan)
    assert names.index("create service api") < names.index("create followed incidents Ops bus")
    changed = put(hook("all"))
    assert done(changed) == ["change followed incidents Ops bus"]
    assert "everything: false -> true" in "\n".join(tell(changed))


def test_a_document_that_does_not_say_it_leaves_it_and_none_ends_it():
    put(hook("all"))
    assert put(hook()).changes == ()
    assert followed() == "all incidents"
    assert done(put(hook("none"))) == ["change followed incidents Ops bus"]
    assert followed() == "no incidents"
    assert put(hook("none")).changes == ()
    assert put(export(now=NOW)).changes == ()


def test_with_prune_a_webhook_that_goes_follows_nothing_before():
    put(hook("all"))
    plan = put(SMALL, prune=True)
    assert done(plan) == ["retire followed incidents Ops bus", "retire webhook Ops bus"]
    assert followed() == "no incidents"
    assert Webhook.objects.get().retired_at == NOW


def test_a_service_that_is_retired_is_exported_no_more():
    put(hook("{services: [api], teams: [Ops]}"))
    Service.objects.update(retired_at=NOW)
    assert "follows: {teams: [Ops]}" in export(now=NOW)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("everything", "“everything” is nothing to follow; write all, none, or services and teams"),
        ("{}", "names nothing to follow"),
        ("{all: true, teams: [Ops]}", "keep one of them"),
        ("{none: true, events: [incident.note]}", "hears of no events"),
        ("{teams: [Opps]}", "There is no team “Opps”. Did you mean “Ops”?"),
        ("{services: [apy]}", "There is no service “apy”. Did you mean “api”?"),
        ("{all: true, events: [incident.resolve]}", "Did you mean “incident.resolved”?"),
        ("{all: true, events: [x]}", "“x” is no event. Write some of incident.triggered, "),
        ("{al: true}", "al"),
    ],
    ids=["a word", "nothing", "two", "none with events", "team", "service", "event", "no event", "unknown"],
)
def test_what_cannot_be_is_said_and_nothing_is_written(given, says):
    assert says in "\n".join(refused(hook(given)))
    assert not Follower.objects.exists()
