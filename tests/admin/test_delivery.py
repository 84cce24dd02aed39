"""How the providers do, as managers see it."""

from decimal import Decimal

import pytest

from paging.models import Attempt

DELIVERY = "/admin/paging/notification/delivery/"


def test_a_manager_sees_what_each_provider_took_and_what_it_cost(mia, world, settings):
    settings.SPENDING_CAP = Decimal(50)
    world.alert()
    world.tick()
    Attempt.objects.update(took_ms=120, cost=Decimal("0.5"), currency="USD")
    page = mia.get(DELIVERY).content.decode()
    assert "provider=outbox&amp;method__kind__exact=email" in page
    assert "100.0 %" in page
    assert "120 ms, 120 ms" in page
    assert "the cap is 50.00 USD, and holds no page back" in page


@pytest.mark.parametrize("days", ["", "0", "x", "30", "99999999999999999999", "-1"])
def test_any_span_that_is_asked_for_gives_a_page(mia, days):
    assert mia.get(f"{DELIVERY}?days={days}").status_code == 200


def test_it_is_linked_from_the_messages(mia):
    assert DELIVERY in mia.get("/admin/paging/notification/").content.decode()


def test_a_stranger_logs_in_first(client, db):
    assert client.get(DELIVERY).status_code == 302
