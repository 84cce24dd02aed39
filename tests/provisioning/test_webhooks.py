"""Webhooks that steps tell stand in the document by name, and what signs their events is left alone."""

import pytest

from escalation.actions import webhooks
from escalation.models import Target, Webhook
from people.ledger.models import Entry
from tests.provisioning.organisations import NOW, SMALL, done, empty_the_database, put, refused
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db

URL, SECRET = "https://hooks.small.example/secret-path", "s3cret-s3cret-s3cret"
STEP = "{timeout: 5m, targets: [{schedule: Ops}]}"


def with_hook(url=URL, secret=None, target="{webhook: Ops bus}"):
    own = f", secret: {secret}" if secret else ""
    document = SMALL.replace(STEP, f"{{timeout: 5m, targets: [{{schedule: Ops}}, {target}]}}")
    return f"{document}webhooks:\n  - {{name: Ops bus, url: '{url}'{own}}}\n"


def pointed():
    found = webhooks.pointed(Webhook.objects.get())
    return found.address, found.signing_secret


def test_it_is_made_before_the_policy_that_names_it():
    assert done(put(with_hook()))[-4:] == [
        "create webhook Ops bus",
        "create escalation policy Ops",
        "create service api",
        "create routing key api main",
    ]
    assert [str(one) for one in Target.objects.order_by("pk")] == ["Ops primary", "webhook Ops bus"]
    assert pointed()[0] == URL
    assert len(pointed()[1]) == 43
    entry = Entry.objects.get(verb="webhook.created")
    assert (entry.actor_name, entry.what) == (
        "apply test.yaml",
        "created webhook Ops bus, at https://hooks.small.example/…",
    )


def test_a_second_apply_changes_nothing_and_keeps_the_secret_that_was_made():
    put(with_hook())
    before = pointed()
    assert put(with_hook()).changes == ()
    assert pointed() == before


def test_what_is_exported_is_what_was_applied_the_secret_too():
    put(with_hook())
    document = export(now=NOW)
    assert "{webhook: Ops bus}" in document
    assert pointed()[1] in document
    assert put(document).changes == ()
    empty_the_database()
    put(document)
    assert export(now=NOW) == document


def test_another_address_and_another_secret_are_changes_and_a_plan_prints_neither():
    put(with_hook())
    plan = put(with_hook(url=f"{URL}/new", secret=SECRET))
    assert done(plan) == ["change webhook Ops bus"]
    said = "\n".join(tell(plan))
    assert "url: https://hooks.small.example/… -> https://hooks.small.example/…" in said
    assert "secret: another value" in said
    assert SECRET not in said
    assert "secret-path" not in said
    assert pointed() == (f"{URL}/new", SECRET)


def test_a_plan_of_steps_says_its_name():
    put(SMALL)
    plan = put(with_hook(), dry_run=True)
    said = "\n".join(tell(plan))
    assert "+ webhook Ops bus" in said
    assert SECRET not in said
    assert not Webhook.objects.exists()


def test_one_that_is_taken_out_is_left_alone_without_prune_and_retired_with_it():
    put(with_hook())
    assert put(SMALL).left_alone[0].kind == "webhook"
    assert Webhook.objects.get().retired_at is None
    assert done(put(SMALL, prune=True)) == ["retire webhook Ops bus"]
    assert Webhook.objects.get().retired_at == NOW
    assert "webhooks" not in export(now=NOW)
    put(with_hook())
    assert Webhook.objects.get().retired_at is None


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (with_hook(target="{webhook: Ops buss}"), "There is no webhook “Ops buss”. Did you mean “Ops bus”?"),
        (with_hook(target="{webhook: Ops bus, role: primary}"), "a webhook does not take"),
        (with_hook(target="{webhook: Ops bus, pick: round_robin}"), "has a pick, which only a team takes"),
        (with_hook(target="{webhook: Ops bus, user: ana}"), "name one of schedule, user, team or webhook"),
        (with_hook(url="ftp://hooks.small.example/"), "begin it with https://"),
        (with_hook(url="http://hooks.small.example/"), "not posted to without encryption"),
        (with_hook(url="https://a:b@hooks.small.example/"), "no user, password"),
        (with_hook(url="https://127.0.0.1/"), "WEBHOOK_PRIVATE_HOSTS"),
        (with_hook(url="https://hooks.small.example/" + "x" * 1000), "1000"),
        (with_hook(secret="short"), "is not a secret"),
        (with_hook() + "  - {name: Ops bus, url: 'https://other.example/'}\n", "stands here twice"),
        (with_hook().replace("name: Ops bus, url", "name: Ops bus, method: PUT, url"), "method"),
    ],
    ids=[
        "unknown", "a role", "a pick", "two things", "ftp", "http", "userinfo", "inside", "long", "short",
        "twice", "an unknown key",
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_with_its_place_and_nothing_is_written(document, says):
    assert says in "\n".join(refused(document))


def test_with_prune_a_policy_may_not_name_one_that_goes():
    put(with_hook())
    gone = with_hook().partition("webhooks:")[0]
    assert "--prune retires it" in "\n".join(refused(gone, prune=True))
