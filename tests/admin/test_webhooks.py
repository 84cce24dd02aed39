"""Webhooks that steps tell, in the admin: made, tried, given another secret, and retired."""

import pytest

from escalation import dispatch
from escalation.actions import config, following, queueing, webhooks
from escalation.models import EscalationPolicy, Follower, HookDelivery, Webhook
from people.ledger.models import Entry
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


# What it follows


def new(browser_, **changes):
    data = filled(browser_.get(f"{PAGE}add/"), name="Bus", url="https://hooks.acme.example/x")
    answer = browser_.post(f"{PAGE}add/", {name: value for name, value in (data | changes).items() if value})
    return answer, Webhook.objects.filter(name="Bus").first()


def followed(webhook):
    return following.in_words(following.spec_of(Follower.objects.filter(pk=webhook.pk).first()))


def test_a_manager_lets_one_follow_their_teams_and_no_others(mia, world):
    answer, made = new(mia, follow_teams=[world.team.pk], follow_events=["incident.resolved"])
    assert answer.status_code == 302
    assert followed(made) == "incidents of team Payments (incident.resolved)"
    assert "incidents of team Payments (incident.resolved)" in text(mia.get(PAGE))
    assert mia.post(page_of(made), filled(mia.get(page_of(made)))).status_code == 302
    assert Entry.objects.filter(verb="webhook.follows").count() == 1
    Webhook.objects.filter(pk=made.pk).update(name="Other")
    answer, made = new(mia, follow_teams=[world.search.pk])
    assert answer.status_code == 200
    assert made is None


def test_only_superusers_let_one_follow_all(mia, root, world):
    _, made = new(mia, follow_all="on")
    assert followed(made) == "no incidents"
    Webhook.objects.filter(pk=made.pk).update(name="Other")
    _, made = new(root, follow_all="on")
    assert followed(made) == "all incidents"
    answer, _ = new(root, name="More", follow_all="on", follow_teams=[world.team.pk])
    assert "It follows all" in text(answer)


def test_who_does_not_manage_all_that_it_follows_neither_changes_it_nor_reads_its_secret(
    mia, zoe, hook, receiver, world
):
    follow(hook, world, teams=[world.team])
    shown = text(zoe.get(page_of(hook)))
    assert SECRET not in shown
    zoe.post(page_of(hook), {"name": "Ops bus", "url": "https://elsewhere.example/"})
    zoe.post(f"{PAGE}{hook.pk}/act/new_secret/")
    zoe.post(PAGE, {"action": "retire", "_selected_action": [hook.pk]})
    hook.refresh_from_db()
    there = webhooks.pointed(hook)
    assert (hook.retired_at, there.address, there.signing_secret) == (None, receiver.url, SECRET)
    assert SECRET in text(mia.get(page_of(hook)))


def test_the_secret_stands_there_as_libraries_take_it(mia, hook):
    assert "whsec_czNjcmV0LXMzY3JldC1zM2NyZXQ=" in text(mia.get(page_of(hook)))


def follow(hook, world, **said):
    following.set_follows(webhook=hook, spec=following.FollowSpec(**said), by=TESTS, now=world.now)


def post(world):
    while queueing.queue_events(clock=lambda: world.now):
        pass
    dispatch.send_due(clock=lambda: world.now)


LOG = "/admin/escalation/hookdelivery/"


def test_every_event_and_each_try_stands_in_a_log_and_is_posted_again_by_a_button(
    mia, zoe, hook, receiver, world
):
    follow(hook, world, teams=[world.team])
    receiver.fail_next(503, body=b"<b>on holiday</b>")
    incident = world.alert()
    post(world)
    one = HookDelivery.objects.get()
    shown = text(mia.get(f"{LOG}{one.pk}/change/"))
    assert "127.0.0.1 answered 503" in shown
    assert "&lt;b&gt;on holiday&lt;/b&gt;" in shown
    assert str(one.message_id) in shown
    assert "disk is full" in shown
    assert SECRET not in shown
    assert "Post it again" not in shown
    HookDelivery.objects.update(state=HookDelivery.State.FAILED)
    assert "Post it again" in text(mia.get(f"{LOG}{one.pk}/change/"))
    zoe.post(f"{LOG}{one.pk}/act/replay/")
    assert HookDelivery.objects.get().state == HookDelivery.State.FAILED
    mia.post(f"{LOG}{one.pk}/act/replay/")
    post(world)
    assert receiver.events[0]["incident"]["id"] == incident.pk
    listed = text(mia.get(f"{LOG}?state__exact=delivered&webhook={hook.pk}"))
    assert "incident.triggered" in listed
    assert "incident.triggered" not in text(mia.get(f"{LOG}?state__exact=failed")).partition("result_list")[2]


def test_what_failed_since_then_is_posted_again_by_a_button(mia, hook, receiver, world):
    follow(hook, world, teams=[world.team])
    world.alert()
    queueing.queue_events(clock=lambda: world.now)
    HookDelivery.objects.update(state=HookDelivery.State.FAILED)
    for said in ("yesterday", "", "99999999999d", "2026-13-45"):
        answer = mia.post(f"{PAGE}{hook.pk}/act/replay_failed/", {"why": said}, follow=True)
        assert "Say since when" in text(answer)
    for said in ("24h", "2026-03-02", "2026-03-02 09:30"):
        HookDelivery.objects.update(state=HookDelivery.State.FAILED)
        answer = mia.post(f"{PAGE}{hook.pk}/act/replay_failed/", {"why": said}, follow=True)
        assert "1 events of Ops bus are posted again" in text(answer)
        assert HookDelivery.objects.get().state == HookDelivery.State.WAITING


def test_one_that_was_given_up_says_why_and_follows_again_by_a_button(mia, hook, receiver, world):
    follow(hook, world, teams=[world.team])
    receiver.fail_next(410)
    world.alert()
    post(world)
    shown = text(mia.get(page_of(hook)))
    assert "given up since 2026-03-02 10:00 UTC: 127.0.0.1 answered 410: gone for good" in shown
    assert "Follow again" in shown
    mia.post(f"{PAGE}{hook.pk}/act/resume/")
    assert "takes what is posted; nothing waits" in text(mia.get(page_of(hook)))
