"""Webhooks that steps tell, in the admin: made, tried, given another secret, and retired."""

import pytest

from escalation.actions import config, webhooks
from escalation.models import EscalationPolicy, Webhook
from people.models import User
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.fakes.hook_receiver import HookReceiver
from tests.world import TESTS

PAGE = "/admin/escalation/webhook/"
SECRET = "s3cret-s3cret-s3cret"


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with HookReceiver(SECRET) as receiver:
        yield receiver


@pytest.fixture
def hook(world, receiver):
    return webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)


def text(answer):
    return answer.content.decode()


def page_of(hook):
    return f"{PAGE}{hook.pk}/change/"


def test_a_manager_makes_one_and_reads_its_secret(mia, world):
    data = filled(mia.get(f"{PAGE}add/"), name="Ops bus", url="https://hooks.acme.example/secret-path")
    assert mia.post(f"{PAGE}add/", data).status_code == 302
    made = Webhook.objects.get()
    shown = text(mia.get(page_of(made)))
    assert webhooks.pointed(made).signing_secret in shown
    assert "no escalation policy" in shown
    listed = text(mia.get(PAGE))
    assert "https://hooks.acme.example/…" in listed
    assert "secret-path" not in listed


def test_what_is_refused_is_said_on_the_form(mia, world):
    data = filled(mia.get(f"{PAGE}add/"), name="Ops bus", url="http://hooks.acme.example/")
    answer = mia.post(f"{PAGE}add/", data)
    assert answer.status_code == 200
    assert "not posted to without encryption" in text(answer)
    assert not Webhook.objects.exists()


def test_saving_what_stands_there_changes_nothing(mia, hook):
    before = webhooks.pointed(hook)
    assert mia.post(page_of(hook), filled(mia.get(page_of(hook)))).status_code == 302
    after = webhooks.pointed(hook)
    assert (after.pk, after.signing_secret) == (before.pk, SECRET)


def test_another_secret_of_one_s_own(mia, hook):
    mia.post(page_of(hook), filled(mia.get(page_of(hook)), own_secret="another-secret-0123"))
    assert webhooks.pointed(hook).signing_secret == "another-secret-0123"


def test_a_test_event_is_sent_by_a_button_and_what_came_of_it_stands_there(mia, hook, receiver, world):
    assert "Send a test event" in text(mia.get(page_of(hook)))
    assert mia.post(f"{PAGE}{hook.pk}/act/test/").status_code == 302
    receiver.fail_next(404)
    world.tick()
    shown = text(mia.get(page_of(hook)))
    assert "test, 127.0.0.1 answered 404" in shown
    assert [post.headers["X-Watchbill-Event"] for post in receiver.posts] == ["test"]


def test_a_new_secret_by_a_button(mia, hook):
    mia.post(f"{PAGE}{hook.pk}/act/new_secret/")
    assert webhooks.pointed(hook).signing_secret != SECRET


def test_one_that_a_policy_names_is_not_retired_and_says_which(mia, hook, world):
    steps = [world.step(config.TargetSpec(webhook=hook), config.TargetSpec(user=world.ana))]
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    answer = mia.post(f"{PAGE}{hook.pk}/act/retire/", follow=True)
    assert "told by escalation policy “Payments”" in text(answer)
    assert "Payments" in text(mia.get(PAGE))


def test_a_retired_one_is_only_looked_at_and_shows_no_secret(mia, hook):
    mia.post(f"{PAGE}{hook.pk}/act/retire/")
    shown = text(mia.get(page_of(hook)))
    assert SECRET not in shown
    assert "Ops bus" in shown


def test_a_step_tells_it(mia, hook, world):
    page = mia.get("/admin/escalation/escalationpolicy/add/")
    assert "webhook Ops bus" in text(page)
    rows = {
        "steps-0-pages": [f"webhook:{hook.pk}:", f"user:{world.bo.pk}:"],
        "steps-0-duration": "10m",
        "steps-0-when": "then",
        "steps-0-place": "",
    }
    data = filled(page, name="Night", repeat="0", **rows, **{"steps-TOTAL_FORMS": "1"})
    assert mia.post("/admin/escalation/escalationpolicy/add/", data).status_code == 302
    policy = EscalationPolicy.objects.get(name="Night")
    targets = policy.steps.get().targets.order_by("pk")
    assert [str(one) for one in targets] == ["webhook Ops bus", "Bo Lind"]
    address = f"/admin/escalation/escalationpolicy/{policy.pk}/change/"
    assert mia.post(address, filled(mia.get(address))).status_code == 302
    assert [one.pk for one in policy.steps.get().targets.order_by("pk")] == [one.pk for one in targets]


def test_it_is_nobody_in_the_list_of_people(root, hook):
    assert User.objects.filter(username__startswith=":hook:").exists()
    assert "Ops bus" not in text(root.get("/admin/people/user/"))


def test_engineers_do_not_see_it(world, hook):

    assert browser(world.bo).get(page_of(hook)).status_code in {302, 403}
