import io
import sys

import pytest
from django.core.management import CommandError, call_command

from people.models import ApiToken, User
from tests.provisioning.organisations import ACME, SMALL, put, rows

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out, skip_checks=True)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(text: str) -> str:
        path = tmp_path / "organisation.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_apply_prints_the_plan_and_does_it(file):
    said = run("apply", file(ACME))
    assert "  + user alice\n" in said
    assert "kept as stored" not in said
    assert "22 to create, 0 to change, 0 to retire, 0 unchanged\n" in said
    assert said.endswith("\ndone\n")
    assert User.objects.count() == 5


def test_a_second_apply_says_no_change(file):
    run("apply", file(SMALL))
    assert run("apply", file(SMALL)) == "no change (7 parts are as the document says)\n"


def test_a_change_is_shown_from_and_to(file):
    run("apply", file(SMALL))
    said = run("apply", file(SMALL.replace("name: Ana", "name: Ana B")))
    assert "  ~ user ana\n      name: Ana -> Ana B\n" in said


def test_a_routing_key_is_never_printed(file):
    assert "0123456789abcdef" not in run("apply", file(SMALL))
    assert "123456789abcdef" not in run("apply", file(SMALL.replace("key: 01", "key: 91")))


def test_prune_says_first_what_it_retires(file):
    run("apply", file(ACME))
    said = run("apply", file("version: 1\nusers: [{username: zoe}]"), "--prune")
    assert said.startswith("not in the document, and retired by --prune: ")
    assert said.index("  - user alice: deactivated") < said.index("  + user zoe")


def test_a_dry_run_writes_nothing(file):
    before = rows()
    assert run("apply", file(ACME), "--dry-run").endswith("dry run: nothing was written\n")
    assert rows() == before


def test_errors_go_to_standard_error_with_their_path_and_exit_2(file):
    errors = io.StringIO()
    with pytest.raises(CommandError, match="1 error; nothing was written") as refused:
        call_command("apply", file("version: 1\nusrs: []"), stderr=errors, skip_checks=True)
    assert refused.value.returncode == 2
    assert errors.getvalue() == "usrs (line 2): This key is not known here. Did you mean “users”?\n"


def test_a_file_that_is_not_there_exits_2():
    with pytest.raises(CommandError, match=r"nowhere\.yaml cannot be read: No such file") as refused:
        run("apply", "nowhere.yaml")
    assert refused.value.returncode == 2


def test_a_minus_reads_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SMALL.encode())))
    assert run("apply", "-").endswith("done\n")


def test_export_writes_a_file_that_only_its_owner_reads(tmp_path):
    put(SMALL)
    path = tmp_path / "out.yaml"
    assert run("export", str(path)) == ""
    assert path.read_text(encoding="utf-8") == run("export")
    assert path.stat().st_mode & 0o077 == 0
    assert run("apply", str(path)).startswith("no change")


def test_a_token_is_printed_once_and_only_its_digest_kept():
    put(SMALL)
    secret = run("token", "ana").strip()
    assert ApiToken.objects.get().digest == ApiToken.digest_of(secret)
    assert len(secret) >= 40


def test_a_token_for_nobody_is_refused_with_a_suggestion():
    put(SMALL)
    with pytest.raises(CommandError, match=r"There is no user “anna”\. Did you mean “ana”\?"):
        run("token", "anna")


def test_a_token_for_somebody_who_has_left_is_refused():
    put(SMALL)
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="has been deactivated"):
        run("token", "ana")


def test_apply_says_what_it_causes_and_what_was_so_already(file):
    crew = "users: [{username: zoe}, {username: yan}]\n"
    layer = "{name: W, participants: [[zoe], [yan]], start: 2026-01-05T09:00}"
    desk = f"schedules: [{{name: Desk, roles: {{primary: {{layers: [{layer}]}}}}}}]\n"
    said = run("apply", file(f"version: 1\n{crew}{desk}"), "--dry-run")
    assert "  ✗ new: yan is on call for Desk from" in said or "  ✗ new: zoe is on call for Desk from" in said
    assert "  ! new: Desk is carried by 2 people; under 5 it wears them out. Add people.\n" in said
    assert said.endswith("dry run: nothing was written\n")
    run("apply", file(f"version: 1\n{crew}{desk}"))
    again = run("apply", file(f"version: 1\n{crew}{desk.replace('[[zoe], [yan]]', '[[zoe], [yan], []]')}"))
    assert "  ! Desk is carried by 2 people" in again
    assert "new: Desk primary: nobody is on call" in again
    assert "advice" not in run("apply", file(f"version: 1\n{crew}"))
