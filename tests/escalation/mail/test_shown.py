"""Whoever is paged by a mail can read it."""

from tests.escalation.mail.conftest import written


def test_the_page_of_an_incident_shows_the_mail_and_runs_nothing_of_it(world, send, client):
    send(written("disk full", "first line\n<script>alert(1)</script>\n"))
    client.force_login(world.ana)
    incident = world.service.incidents.get()
    shown = client.get(f"/incidents/{incident.pk}").content.decode()
    assert "<summary>The mail</summary>" in shown
    assert "first line<br>&lt;script&gt;alert(1)&lt;/script&gt;" in shown
