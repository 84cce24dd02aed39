"""What is wrong is said with its path, all at once, and nothing is written."""

import pytest

from tests.provisioning.organisations import ACME, NOW, SMALL, put, refused

pytestmark = pytest.mark.django_db


def small_with(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def with_override(override: str) -> str:
    return small_with("\nescalation_policies:", f"\n    overrides:\n      - {override}\nescalation_policies:")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1", "version: 2", "version (line 2): “2” is not a version"),
        ("version: 1", "vershun: 1", "vershun (line 2): This key is not known here. Did you mean “version”?"),
        (
            "name: Ana",
            "nmae: Ana",
            "users[0].nmae (line 4): This key is not known here. Did you mean “name”?",
        ),
        ("name: Ana", "name: 12", "users[0].name (line 4): This has to be text, not 12; put it in quotes."),
        ("name: Ana", "name: [Ana]", "users[0].name (line 4): This has to be text, not a list"),
        ("name: Ana", "name: {a: b}", "users[0].name (line 4): This has to be text, not a mapping"),
        ("username: ana", "username: a n a", "users[0].username (line 4): “a n a” is not a username"),
        ("email: ana@small.example", "email: ana", "users[0].email (line 4): “ana” is not an email address."),
        (
            'phone: "+14155550101"',
            "phone: +14155550101",
            "users[0].phone (line 4): 14155550101 is a number here",
        ),
        ('phone: "+14155550101"', "phone: [a]", "users[0].phone (line 4): This has to be text, not a list."),
        ('phone: "+14155550101"', "phone: {a: b}", "users[0].phone (line 4): This has to be text, not a"),
        ('phone: "+14155550101"', 'phone: "0101"', "users[0].phone (line 4): “0101” is not a phone number"),
        ("name: Ana", "time_zone: Europe/Berln", "Did you mean “Europe/Berlin”?"),
        ("name: Ana", "time_zone: berlin", "Did you mean “Europe/Berlin”?"),
        (
            "name: Ana",
            "holidays: DE-XX",
            "users[0].holidays (line 4): “DE-XX” is not a holiday calendar of DE",
        ),
        ("name: Ana", "holidays: Germany", "users[0].holidays (line 4): “Germany” is not a holiday calendar"),
        ("Europe/Berlin", "Mars/Base", "teams[0].time_zone (line 7): “Mars/Base” is not a time zone"),
        ("bo: manager", "bo: boss", "teams[0].members.bo (line 7): “boss” is not known here"),
        (
            "bo: manager",
            "bob: manager",
            "teams[0].members.bob (line 7): There is no user “bob”. Did you mean “bo”?",
        ),
        (
            "team: Ops",
            "team: Opps",
            "schedules[0].team (line 10): There is no team “Opps”. Did you mean “Ops”?",
        ),
        (
            "[ana, bo]",
            "[ana, boo]",
            "layers[0].participants[1] (line 14): There is no user “boo”. Did you mean “bo”?",
        ),
        (
            "[ana, bo]",
            "[[ana, ana]]",
            "schedules[0].roles.primary.layers[0].participants[0] (line 14): names one",
        ),
        (
            "start: 2025-01-06T10:00",
            "start: 2025-01-06T10:00, shift_length: 1x",
            "schedules[0].roles.primary.layers[0].shift_length (line 14): “1x” has the unknown unit “x”",
        ),
        (
            "start: 2025-01-06T10:00",
            "shift_length: 0h",
            "layers[0].shift_length (line 14): “0h” cannot be a turn",
        ),
        (
            "start: 2025-01-06T10:00",
            "shift_length: -1w",
            "layers[0].shift_length (line 14): “-1w” is negative",
        ),
        (
            "start: 2025-01-06T10:00",
            "start: soon",
            "layers[0].start (line 14): “soon” is not a date and time",
        ),
        (
            "start: 2025-01-06T10:00",
            "start: 2025-02-30T10:00",
            "(line 14): “2025-02-30T10:00” is not a time of",
        ),
        (
            "start: 2025-01-06T10:00",
            'restrictions: [{days: [mon], start: "09:00", end: "25:00"}]',
            "layers[0].restrictions[0].end (line 14): “25:00” is not a time of day",
        ),
        (
            "start: 2025-01-06T10:00",
            'restrictions: [{start: "09:00", end: "17:00"}]',
            "layers[0].restrictions[0] (line 14): names no day",
        ),
        (
            "timeout: 5m",
            "timeout: 0m",
            "escalation_policies[0].steps[0].timeout (line 18): “0m” is no time at all",
        ),
        (
            "timeout: 5m",
            "timeout: -5m",
            "escalation_policies[0].steps[0].timeout (line 18): “-5m” is negative",
        ),
        (
            "timeout: 5m",
            "timeout: 5",
            "escalation_policies[0].steps[0].timeout (line 18): 5 is not a duration",
        ),
        ("timeout: 5m, ", "", "escalation_policies[0].steps[0] (line 18): needs either timeout"),
        ("[{schedule: Ops}]", "[]", "escalation_policies[0].steps[0].targets (line 18): This is empty"),
        (
            "[{schedule: Ops}]",
            "[{}]",
            "escalation_policies[0].steps[0].targets[0] (line 18): is not one target",
        ),
        (
            "{schedule: Ops}",
            "{schedule: Opps}",
            "targets[0].schedule (line 18): There is no schedule “Opps”.",
        ),
        (
            "{schedule: Ops}",
            "{schedule: Ops, role: primry}",
            "targets[0].role (line 18): Schedule Ops has no role “primry”. Did you mean “primary”?",
        ),
        (
            "{schedule: Ops}",
            "{user: cy}",
            "escalation_policies[0].steps[0].targets[0].user (line 18): There is no",
        ),
        (
            "{schedule: Ops}",
            "{team: Ops, role: chief}",
            "targets[0].role (line 18): A team has no role “chief”.",
        ),
        (
            "escalation_policy: Ops",
            "escalation_policy: Op",
            "services[0].escalation_policy (line 22): There is no",
        ),
        (
            "    escalation_policy: Ops\n",
            "",
            "services[0].escalation_policy (line 20): This key has to be given.",
        ),
        (
            "0123456789abcdef0123456789abcdef",
            "short",
            "services[0].routing_keys[0].key (line 23): is not a routing",
        ),
        (
            "0123456789abcdef0123456789abcdef",
            "1" * 32,
            "services[0].routing_keys[0].key (line 23): This has to be",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_path_and_nothing_is_written(old, new, said):
    faults = refused(small_with(old, new))
    assert any(said in fault for fault in faults), faults


def test_every_fault_is_said_at_once():
    broken = (
        SMALL.replace("name: Ana", "nmae: Ana")
        .replace("timeout: 5m", "timeout: 5x")
        .replace("bo: manager", "bo: x")
    )
    assert [fault.split(" ")[0] for fault in refused(broken)] == [
        "users[0].nmae",
        "teams[0].members.bo",
        "escalation_policies[0].steps[0].timeout",
    ]


@pytest.mark.parametrize("section", ["users", "teams", "schedules", "escalation_policies", "services"])
def test_a_name_that_stands_twice_is_refused(section):
    keys = "users: username, teams: name, schedules: name, escalation_policies: name, services: name"
    key = dict(pair.split(": ") for pair in keys.split(", "))[section]
    name = {"users": "ana", "services": "api"}.get(section, "Ops")
    more = {
        "users": "  - {username: ana}\n",
        "teams": "  - {name: Ops}\n",
        "schedules": "  - {name: Ops}\n",
        "escalation_policies": "  - {name: Ops, steps: [{timeout: 1m, targets: [{user: ana}]}]}\n",
        "services": "  - {name: api, escalation_policy: Ops}\n",
    }[section]
    twice = SMALL.replace(f"{section}:\n", f"{section}:\n{more}")
    path, said = f"{section}[1].{key}", f"“{name}” stands here twice"
    assert any(fault.startswith(path) and said in fault for fault in refused(twice))


def test_a_routing_key_that_stands_twice_is_refused():
    key = "{name: a, key: 0123456789abcdef0123456789abcdef}"
    other = f"  - {{name: web, escalation_policy: Ops, routing_keys: [{key}]}}\n"
    [said] = refused(SMALL + other)
    assert said.startswith("services[1].routing_keys[0].key (line 24)")
    assert "This is the key of routing key main of api already" in said
    assert "0123456789abcdef" not in said


def test_a_routing_key_of_another_stored_service_is_refused():
    put(SMALL)
    document = SMALL.replace("name: api", "name: web")
    [said] = refused(document)
    assert said.startswith("services[0].routing_keys[0]")
    assert "already used" in said


def test_overlapping_covers_are_refused_with_the_other_one_named():
    covers = """
    overrides:
      - {start: 2025-07-01T10:00, end: 2025-07-01T12:00, user: ana}
      - {start: 2025-07-01T11:00, end: 2025-07-01T13:00, user: bo}
escalation_policies:"""
    [said] = refused(small_with("\nescalation_policies:", covers))
    assert said.startswith("schedules[0].overrides[1] (line 17): This cover of primary overlaps overrides[0]")


def test_an_override_that_ends_before_it_starts_is_refused():
    [said] = refused(with_override("{start: 2025-07-01T10:00, end: 2025-07-01T09:00, user: ana}"))
    assert said.startswith("schedules[0].overrides[0].end (line 16): This is not after the start")


def test_a_role_that_follows_nobody_is_refused():
    follows = "\n      secondary: {follows: primry}\nescalation_policies:"
    [said] = refused(small_with("\nescalation_policies:", follows))
    assert said.startswith("schedules[0].roles.secondary.follows (line 15)")
    assert "primary" in said


def test_what_the_verbs_refuse_has_its_path_too():
    put(SMALL)
    [said] = refused(with_override("{start: 2025-06-01T10:00, end: 2025-06-01T12:00, user: ana}"))
    assert said.startswith("schedules[0].overrides[0] (line 16)")
    assert "past" in said


def test_somebody_who_has_left_cannot_be_named_but_under_users():
    put(SMALL)
    put(SMALL.replace("username: bo,", "username: bo, active: false,"))
    without = SMALL.replace("  - {username: bo, email: bo@small.example}\n", "")
    assert any("has been deactivated" in fault for fault in refused(without))


def test_an_error_at_the_end_of_a_whole_organisation_leaves_nothing_behind():
    broken = ACME.replace("people: [dave]", "people: [davey]")
    assert refused(broken, now=NOW) == [
        "pay_plans[1].people[0] (line 134): There is no user “davey”. Did you mean “dave”?"
    ]


def test_an_error_in_an_update_leaves_everything_as_it_was():
    put(ACME)
    refused(
        ACME.replace("repeat: 2", "repeat: 3").replace(
            "schedule: Checkout, role: primary", "schedule: Chekout"
        )
    )
