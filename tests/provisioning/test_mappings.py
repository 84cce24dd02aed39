"""A key's mapping in the document."""

import pytest

from escalation.models import RoutingKey
from tests.provisioning.organisations import NOW, SMALL, put, refused
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db

KEY = "key: 0123456789abcdef0123456789abcdef"
MAPPING = """mapping: {each: alerts, action: state, resolve_when: [ok, 0, false], labels: "{host: host}",
  ignore_when: "kind == 'ping'"}"""
STORED = {
    "each": "alerts", "action": "state", "resolve_when": ["ok", "0", "false"], "labels": "{host: host}",
    "ignore_when": "kind == 'ping'",
}  # fmt: skip


def with_mapping(mapping):
    return SMALL.replace(KEY, f"{KEY}, {mapping}")


def test_a_mapping_that_is_not_said_stays_and_an_empty_one_takes_it_away():
    put(with_mapping(MAPPING))
    assert RoutingKey.objects.get().mapping == STORED
    assert put(with_mapping(MAPPING)).changes == put(SMALL).changes == put(export(now=NOW)).changes == ()
    assert "resolve_when" in export(now=NOW)
    put(with_mapping("mapping: {summary: title}"))
    assert RoutingKey.objects.get().mapping == {"summary": "title"}
    put(with_mapping("mapping: {}"))
    assert RoutingKey.objects.get().mapping == {}
    assert "mapping" not in export(now=NOW)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ('{summary: "$.title"}', "mapping.summary (line 23): is not an expression. Character 1"),
        ("{sumary: title}", "Did you mean “summary”?"),
        ("{resolve_when: []}", "mapping.resolve_when"),
        ("{resolve_when: [[]]}", "mapping.resolve_when"),
        ('{resolve_when: [""]}', "is not a list of words"),
        ("{action: 5}", "mapping.action"),
        ("title", "mapping"),
    ],
)
def test_what_is_wrong_with_it_is_said_at_its_place(mapping, said):
    assert said in str(refused(with_mapping(f"mapping: {mapping}")))
