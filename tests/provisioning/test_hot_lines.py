"""The numbers that ring the on-call stand in the document beside the service they reach."""

import pytest

from escalation.hotline.calls import line_of
from escalation.models import HotLine, Service
from people.ledger.models import Entry
from tests.provisioning.organisations import NOW, SMALL, done, empty_the_database, put, refused
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db

LINE, OTHER = "+15005550006", "+15005550007"
WEB = "  - name: web\n    escalation_policy: Ops\n"


def with_lines(*numbers, of=SMALL):
    return of.rstrip() + f"\n    hot_lines: [{', '.join(numbers)}]\n"


def said(plan):
    return list(tell(plan))


def quoted(number):
    return f'"{number}"'


def test_a_number_reaches_the_on_call_of_the_service_that_lists_it():
    plan = put(with_lines('"+1 500 555 0006"'))
    assert f"  + hot line {LINE}" in said(plan)
    assert line_of(LINE).service.name == "api"
    entry = Entry.objects.get(verb="hot_line.added")
    assert (entry.what, entry.actor_name) == (
        f"calls to {LINE} reach the on-call of service api",
        "apply test.yaml",
    )


def test_a_second_apply_changes_nothing():
    document = with_lines(quoted(LINE), quoted(OTHER))
    put(document)
    assert put(document).changes == ()
    assert put(with_lines(quoted(OTHER), quoted(LINE))).changes == ()
    assert HotLine.objects.count() == 2


def test_what_is_exported_is_what_was_applied():
    put(with_lines(quoted(LINE), quoted(OTHER)))
    document = export(now=NOW)
    assert f'hot_lines: ["{LINE}", "{OTHER}"]' in document
    assert put(document).changes == ()
    empty_the_database()
    put(document)
    assert export(now=NOW) == document
    assert line_of(OTHER).service.name == "api"


def test_a_number_that_is_taken_out_is_left_alone_without_prune_and_retired_with_it():
    put(with_lines(quoted(LINE)))
    assert f"left alone, not in the document: hot line {LINE}" in said(put(SMALL))
    assert line_of(LINE) is not None
    assert done(put(SMALL, prune=True)) == [f"retire hot line {LINE}"]
    assert line_of(LINE) is None
    assert f"calls to {LINE} no longer reach the on-call of service api" in {
        one.what for one in Entry.objects.all()
    }
    assert "hot_lines" not in export(now=NOW)
    put(with_lines(quoted(LINE)))
    assert line_of(LINE).service.name == "api"


@pytest.mark.parametrize("prune", [False, True])
def test_a_number_moves_with_the_document_to_another_service(prune):
    put(with_lines(quoted(LINE)))
    plan = put(with_lines(quoted(LINE), of=SMALL + WEB), prune=prune)
    assert done(plan) == ["create service web", f"change hot line {LINE}"]
    assert "      service: api -> web" in said(plan)
    assert line_of(LINE).service.name == "web"
    assert HotLine.objects.filter(retired_at=None).count() == 1


def test_a_number_moves_from_a_service_that_goes():
    put(with_lines(quoted(LINE)))
    plan = put(with_lines(quoted(LINE), of=SMALL[: SMALL.index("  - name: api")] + WEB), prune=True)
    assert done(plan) == ["create service web", f"change hot line {LINE}", "retire service api"]
    assert line_of(LINE).service.name == "web"
    assert Service.objects.get(name="api").retired_at == NOW


def test_it_goes_with_its_service_and_is_not_named_again():
    put(with_lines(quoted(LINE)))
    plan = put(SMALL[: SMALL.index("services:")], prune=True)
    assert done(plan) == ["retire service api"]
    assert not HotLine.objects.filter(retired_at=None).exists()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("15005550006", "15005550006 is a number here; put the phone number in quotes"),
        ('"0151 234"', "“0151 234” is not a phone number; write it with its country"),
        ('""', "This is empty"),
        ("[a]", "This has to be text, not a list."),
        ("{number: 1}", "This has to be text, not a mapping."),
    ],
)
def test_what_is_no_number_is_refused_with_its_line(written, says):
    (fault,) = refused(with_lines(written))
    assert fault.startswith("services[0].hot_lines[0] (line 24): ")
    assert says in fault


def test_a_number_that_stands_twice_is_refused():
    (fault,) = refused(with_lines(quoted(LINE), quoted("+1 500 555 0006")))
    assert fault.startswith(f"services[0].hot_lines[1] (line 24): “{LINE}” stands here twice; ")


def test_a_dry_run_writes_nothing():
    put(SMALL)
    assert done(put(with_lines(quoted(LINE)), dry_run=True)) == [f"create hot line {LINE}"]
    assert not HotLine.objects.exists()
