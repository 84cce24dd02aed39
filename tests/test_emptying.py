import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.emptying import empty
from tests.world import World


@pytest.mark.django_db(transaction=True)
def test_what_a_test_committed_is_taken_away_and_what_migrate_made_stays():
    made = [set(model.objects.values_list()) for model in (ContentType, Permission)]
    World().alert()
    empty(connection)
    left = {model for model in apps.get_models(include_auto_created=True) if model.objects.exists()}
    assert left == {ContentType, Permission}
    assert [set(model.objects.values_list()) for model in (ContentType, Permission)] == made
