"""Every test is of a leg: what one leaves out, another has run."""

import pytest

from tests.summary_plugin import needs_server


class Item:
    fixturenames = ()

    def __init__(self, *markers):
        self.markers = markers

    def get_closest_marker(self, name):
        return name if name in self.markers else None


@pytest.mark.parametrize("marker", ["postgres", "django_db"])
def test_what_no_other_leg_runs_is_in_the_one_on_servers(marker):
    """Also what is about PostgreSQL and uses nothing of Django's."""
    assert needs_server(Item(marker))
    assert not needs_server(Item("processes"))
