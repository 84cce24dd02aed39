"""When, to whom and by which thresholds a team's pager load is reported, as its document says it."""

from datetime import time
from importlib import import_module

import pytest
from django.apps import apps
from pydantic import ValidationError

from oncall.core.faults import DefinitionFaults
from people.ledger.models import Entry
from people.models import Team
from tests.provisioning.organisations import ACME, NOW, SMALL, done, empty_the_database, put, refused
from watchbill.provisioning.document.thresholds import Thresholds
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell
from watchbill.reports.core.thresholds import Thresholds as Core
from watchbill.reports.core.thresholds import read_thresholds
from watchbill.reports.models import Mailing, Terms

pytestmark = pytest.mark.django_db
MEMBERS = "members: {ana: responder, bo: manager}"


def said(report):
    """The small organisation, whose team says this of its report."""
    return SMALL.replace(MEMBERS, f"{MEMBERS}, load_report: {report}")


FULL = said(
    "{day: friday, at: '08:30', to: [bo], after_shift: false,"
    " thresholds: {sleep_interruptions: [1, 3], one_key: [0.25, 0.5], labels_needed: 8}}"
)


def test_an_apply_sets_when_to_whom_and_by_which_thresholds():
    put(FULL)
    row = Mailing.objects.get()
    assert (row.weekday, row.at, row.after_shift) == (4, time(8, 30), False)
    assert [user.username for user in row.to.all()] == ["bo"]
    found = read_thresholds(Terms.objects.get().thresholds)
    assert (found.sleep_interruptions.red, found.one_key.amber, found.labels_needed) == (3, 0.25, 8)
    verbs = Entry.objects.filter(subject_type="team").values_list("verb", flat=True)
    assert {"load_mailing.set", "load_terms.set"} <= set(verbs)


def test_a_second_apply_changes_nothing_and_the_export_says_it_again():
    put(FULL)
    assert put(FULL).changes == ()
    text = export(now=NOW)
    assert put(text).changes == ()
    empty_the_database()
    put(text)
    assert export(now=NOW) == text
    assert "sleep_interruptions: [1, 3]" in text
    assert Terms.objects.get().thresholds["one_key"] == ["1/4", "1/2"]


def test_acme_comes_out_as_it_went_in():
    put(ACME)
    assert put(ACME).changes == ()
    assert Mailing.objects.get().to.get().username == "erin"


def test_a_change_is_said_from_and_to():
    put(FULL)
    plan = put(FULL.replace("[1, 3]", "[2, 5]"))
    assert done(plan) == ["change team Ops"]
    line = next(line for line in tell(plan) if "load_report" in line)
    before, _, after = line.partition(" -> ")
    assert '"sleep_interruptions": [1, 3]' in before
    assert '"sleep_interruptions": [2, 5]' in after
    assert [row.number for row in Terms.objects.order_by("number")] == [1, 2]


@pytest.mark.parametrize("prune", [False, True])
def test_what_is_not_given_is_left_alone(prune):
    put(FULL)
    assert put(SMALL, prune=prune).changes == ()
    put(said("{day: monday}"), prune=prune)
    assert Mailing.objects.get().after_shift
    assert not Mailing.objects.get().to.exists()
    assert Terms.objects.count() == 1, "the thresholds were not named"


def test_empty_thresholds_are_the_usual_ones():
    put(FULL)
    put(said("{thresholds: {}}"))
    assert Terms.objects.latest("number").thresholds == {}
    assert "load_report" not in export(now=NOW), "all of it is usual"
    assert put(said("{thresholds: {sleep_interruptions: [2, 4]}}")).changes == ()


def test_a_team_whose_row_was_made_for_it_exports_nothing():
    put(SMALL)
    text = export(now=NOW)
    Mailing.objects.create(team=Team.objects.get())
    assert export(now=NOW) == text


@pytest.mark.parametrize(
    ("report", "fault"),
    [
        ("{to: [bob]}", "to[0] (line 7): There is no user “bob”. Did you mean “bo”?"),
        (
            "{thresholds: {sleep_interuptions: [1, 2]}}",
            "thresholds.sleep_interuptions (line 7): This key is not known here. Did you mean “sleep_inter",
        ),
        ("{thresholds: {one_key: [30, 50]}}", "thresholds.one_key (line 7): 50 is more than all of them;"),
        ("{thresholds: {in_one_night: 2}}", "thresholds.in_one_night (line 7): “2” is no pair of numbers;"),
        ("{after_shift: 1}", "after_shift (line 7): This has to be true or false, not 1."),
    ],
)
def test_what_makes_no_sense_is_said_with_its_place(report, fault):
    faults = refused(said(report))
    assert len(faults) == 1
    assert faults[0].startswith(f"teams[0].load_report.{fault}")


def test_whoever_prune_would_deactivate_gets_no_report():
    put(FULL)
    gone = FULL.replace("  - {username: bo, email: bo@small.example}\n", "").replace("[ana, bo]", "[ana]")
    gone = gone.replace(", bo: manager", "")
    why = "There is no user “bo”. It is not in the document, so --prune retires it."
    assert refused(gone, prune=True) == [f"teams[0].load_report.to[0] (line 6): {why}"]


def test_the_document_knows_every_threshold():
    assert list(Thresholds.model_fields) == list(Core.__dataclass_fields__)
    for name in Thresholds.model_fields:
        usual = getattr(Core(), name)
        too_much = [1, 2] if getattr(usual, "share", False) else "x"
        with pytest.raises(ValidationError):
            Thresholds(**{name: too_much})
        with pytest.raises(DefinitionFaults):
            read_thresholds({name: too_much})


def test_what_an_earlier_version_kept_is_taken_up():
    put(SMALL)
    team = Team.objects.get()
    team.extras = {"load_report": {"day": "wednesday", "at": "10:15", "to": ["ana", "gone"]}}
    team.save()
    upgrade = import_module("watchbill.reports.migrations.0002_reports_that_documents_said").take_up
    upgrade(apps, None)
    upgrade(apps, None)
    assert put(said("{day: wednesday, at: '10:15', to: [ana]}")).changes == ()
    row = Mailing.objects.get()
    assert (row.weekday, row.at, row.next_at) == (2, time(10, 15), None)


def test_an_upgrade_does_not_take_the_place_of_what_was_set_meanwhile():
    put(FULL)
    Team.objects.update(extras={"load_report": {"day": "wednesday", "at": "10:15", "to": ["ana"]}})
    import_module("watchbill.reports.migrations.0002_reports_that_documents_said").take_up(apps, None)
    assert Mailing.objects.get().weekday == 4
    assert put(FULL).changes == ()
