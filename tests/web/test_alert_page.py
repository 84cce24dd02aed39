"""The page of one alert: all that its source sent, known or not."""

import orjson

from escalation.models import Alert
from tests.world import KEY, pagerduty


def page(client):
    answer = client.get(f"/alerts/{Alert.objects.get().pk}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_nobody_here_knows_is_shown_as_it_was_sent(ana, world, client):
    body = orjson.loads(pagerduty()) | {"shoe_size": {"left": 43, "right": "44 & <b>more</b>"}}
    client.post("/v2/enqueue", orjson.dumps(body), content_type="application/json")
    shown = page(ana)
    assert "&quot;left&quot;: 43" in shown
    assert "44 &amp; &lt;b&gt;more&lt;/b&gt;" in shown
    assert f'href="/incidents/{Alert.objects.get().incident_id}"' in shown


def test_the_incident_leads_to_it(ana, world):
    incident = world.alert()
    assert (
        f'href="/alerts/{incident.alerts.get().pk}"' in ana.get(f"/incidents/{incident.pk}").content.decode()
    )


def test_a_secret_in_it_is_not_shown(ana, world, client):
    body = orjson.loads(pagerduty()) | {"by": {"access_token": "hunter2hunter2", "at": "db1"}}
    client.post("/v2/enqueue", orjson.dumps(body), content_type="application/json")
    shown = page(ana)
    assert "hunter2" not in shown
    assert KEY not in shown
    assert "db1" in shown


def test_who_has_not_logged_in_sees_none_and_what_is_none_is_not_found(client, ana, world):
    incident = world.alert()
    assert ana.get("/alerts/999999").status_code == 404
    assert ana.get("/alerts/99999999999999999999").status_code == 404
    ana.logout()
    assert client.get(f"/alerts/{incident.alerts.get().pk}").status_code == 302


def test_a_number_of_many_digits_is_no_hindrance(ana, world, client):
    body = orjson.loads(pagerduty()) | {"bytes_free": 1e30}
    client.post("/v2/enqueue", orjson.dumps(body), content_type="application/json")
    assert "bytes_free" in page(ana)
