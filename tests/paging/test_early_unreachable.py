"""When nobody of a step can be reached, the next step is paged at once, not after its time."""

import pytest

from paging.actions import going_on
from paging.core.delivery import Fault
from paging.models import Notification, Page
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


def reach_ana_by_sms(world):
    """Ana, the primary, has a phone that takes SMS and nothing else."""
    world.ana.contact_methods.all().delete()
    method = world.ana.contact_methods.create(
        kind="sms", address="+14155550101", verified_at=world.now, disabled_reason=""
    )
    return method.address


def test_the_next_step_is_paged_at_once_when_every_provider_refuses(world, phone, second):
    reach_ana_by_sms(world)
    phone.fail_next(status=401, code=20003)
    second.fail_next(status=401)
    incident = world.alert()
    world.tick().tick()
    assert world.sent() == [(0, "bo", "email")]
    assert Page.objects.get(user=world.ana).unreachable_at == world.now
    said = " | ".join(world.timeline(incident))
    for part in (
        "not taken by Twilio; Second at once instead",
        "failed; no other way is left",
        "paging Bo Lind",
    ):
        assert part in said


def test_the_next_step_is_paged_at_once_when_every_carrier_gives_it_back(world, phone, second):
    number = reach_ana_by_sms(world)
    world.alert()
    world.tick()
    for carrier in (phone, second):
        carrier.expect_sms(to=number)
        row = Notification.objects.filter(state="sent").get()
        going_on.lock_page(row)
        row.state = "undelivered"
        row.save()
        going_on.go_on(row, now=world.now, fault=Fault.TEMPORARY, why="30003: switched off")
        world.tick().tick()
    assert world.sent() == [(0, "ana", "sms"), (0, "ana", "sms"), (0, "bo", "email")]


def test_nobody_else_is_paged_while_a_provider_may_still_take_it(world, phone, second):
    reach_ana_by_sms(world)
    phone.fail_next(status=503)
    second.fail_next(status=401)
    world.alert()
    world.tick().tick()
    assert world.sent() == []
    assert Page.objects.get().unreachable_at is None
    assert Notification.objects.get().state == "pending"
