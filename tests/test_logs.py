"""An address is soon logged, and some addresses hold secrets."""

import pytest

from watchbill.logs import without_secrets


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Bad Request: /integrations/alertmanager/0123abc", "Bad Request: /integrations/alertmanager/…"),
        ("/integrations/alertmanager/0123abc/ x", "/integrations/alertmanager/…/ x"),
        (
            "/integrations/generic/20131114/alert/0123abc/0456def x",
            "/integrations/generic/20131114/alert/… x",
        ),
        ("Not Found: /heartbeats/0123abc/", "Not Found: /heartbeats/…/"),
        ("/heartbeats/0123abc?status=1", "/heartbeats/…?status=1"),
        ("Forbidden: /ical/tok-en_1.ics", "Forbidden: /ical/…"),
        ("Gone: /p/12.1xUipy.5hoNW_oB3-", "Gone: /p/…"),
        ("Not Found: /incidents/12", "Not Found: /incidents/12"),
    ],
)
def test_secrets_in_addresses_are_not_logged(said, kept):
    assert without_secrets(None, "", {"event": said, "path": said, "number": 3}) == {
        "event": kept,
        "path": kept,
        "number": 3,
    }
