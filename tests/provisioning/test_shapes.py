"""What the parts of a document refuse, without a database."""

import pytest

from watchbill.provisioning.checking import parse
from watchbill.provisioning.faults import DocumentFaults


def said_of(text: str) -> str:
    with pytest.raises(DocumentFaults) as refused:
        parse(f"version: 1\n{text}")
    return "\n".join(str(fault) for fault in refused.value.faults)


def layer(text: str) -> str:
    return f"schedules: [{{name: S, roles: {{primary: {{layers: [{{name: L, {text}}}]}}}}}}]"


def handoffs(text: str) -> str:
    return f"schedules: [{{name: S, handoffs: {{{text}}}}}]"


def override(text: str) -> str:
    span = "start: 2025-01-01, end: 2025-01-02, user: a"
    return f"schedules: [{{name: S, overrides: [{{{span}, {text}}}]}}]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("users: {}", "users (line 2): This has to be a list, not a mapping."),
        ("users: [5]", "users[0] (line 2): This has to be a mapping (key: value), not 5."),
        ("users: [{name: A}]", "users[0].username (line 2): This key has to be given."),
        ("users: [{username: ''}]", "users[0].username (line 2): This is empty; write at least one."),
        (f"users: [{{username: {'x' * 151}}}]", "This is too long; at most 150 are allowed."),
        (
            "users: [{username: a, active: 1}]",
            "users[0].active (line 2): This has to be true or false, not 1.",
        ),
        ("users: [{username: a, name: yes}, {username: b, name: true}]", "not true; put it in quotes."),
        (
            "users: [{username: a, notification_rules: {high: [{via: sms, after: 25h}]}}]",
            "high[0] (line 2): waits 25h; a page that comes after more than a day helps nobody.",
        ),
        (
            "users: [{username: a, notification_rules: {high: [{via: fax}]}}]",
            "write 'sms', 'voice', 'email', 'chat' or 'webhook'.",
        ),
        (
            "teams: [{name: T, pages_per_shift_budget: -1}]",
            "pages_per_shift_budget (line 2): Input should be",
        ),
        ("teams: [{name: ' T'}]", "begins or ends with a space"),
        ("teams: [{name: T, load_report: {day: noday}}]", "load_report.day (line 2): “noday” is not a day"),
        (
            handoffs("reminders: [7d, 30s]"),
            "reminders (line 2): A reminder comes from 1m to 90d before a shift",
        ),
        (handoffs("reminders: [13w]"), "from 1m to 90d before a shift, not 91d."),
        (handoffs("reminders: [1d, 24h]"), "The reminder 1d stands here twice; name each once."),
        (
            handoffs(f"reminders: [{', '.join(f'{n}h' for n in range(1, 12))}]"),
            "11 reminders; write at most 10.",
        ),
        (handoffs("reminders: [soon]"), "handoffs.reminders[0] (line 2): “soon” is not a duration"),
        (handoffs("reminders: 7d"), "handoffs.reminders (line 2): This has to be a list, not “7d”."),
        (handoffs("confirm_within: 4m"), "confirm_within (line 2): A handoff may wait from 5m to 7d"),
        (handoffs("confirm_within: 8d"), "from 5m to 7d to be confirmed, not 8d."),
        (handoffs("reminder: [7d]"), "This key is not known here. Did you mean “reminders”?"),
        ("teams: [{name: T, swaps_need_approval: 1}]", "This has to be true or false, not 1."),
        (layer("participants: [5]"), "layers[0].participants[0] (line 2): is not a slot"),
        (layer("shift_length: 90m"), "cannot be a turn; write whole hours, days, weeks or months"),
        (layer("shift_length: 5"), "layers[0].shift_length (line 2): 5 is not a duration"),
        (
            layer("turns: odd"),
            "layers[0].turns (line 2): “odd” is not known here; write 'all' or 'worked_days'.",
        ),
        (layer("restrictions: [{days: [], start: '09:00'}]"), "restrictions[0].days (line 2): names no day"),
        (
            layer("restrictions: [{days: [mon], start: mon 09:00}]"),
            "restrictions[0] (line 2): names days twice",
        ),
        (layer("restrictions: [{start: mon 09:00, end: mon 09:00}]"), "restrictions[0] (line 2): is empty"),
        (
            "schedules: [{name: S, roles: {a: {layer: x}}}]",
            "roles.a (line 2): has a layer or an offset without",
        ),
        ("schedules: [{name: S, roles: {a: {follows: b, layers: [{name: L}]}}}]", "keep one of the two."),
        (
            "schedules: [{name: S, roles: {a: {follow: b}}}]",
            "roles.a.follow (line 2): This key is not known here.",
        ),
        (
            override("kind: replace"),
            "overrides[0] (line 2): replaces nobody",
        ),
        (
            override("instead_of: b"),
            "overrides[0] (line 2): has instead_of, which only",
        ),
        (
            "escalation_policies: [{name: P, repeat: -1, steps: [{timeout: 1m, targets: [{user: a}]}]}]",
            ".repeat",
        ),
        (
            "escalation_policies: [{name: P, steps: [{timeout: 1m, until: resolved, targets: [{user: a}]}]}]",
            "steps[0] (line 2): has until without after",
        ),
        (
            "escalation_policies: [{name: P, steps: [{timeout: 1m, targets: [{user: a, role: b}]}]}]",
            "targets[0] (line 2): has a role, which a person does not take",
        ),
        (
            "services: [{name: S, escalation_policy: P, urgency: {SEV-9: high}}]",
            "urgency.SEV-9 (line 2): “SEV-9”",
        ),
        (
            "services: [{name: S, escalation_policy: P, runbooks: [{url: wiki}]}]",
            "runbooks[0].url (line 2): “wiki”",
        ),
        ("services: [{name: S, escalation_policy: P, auto_resolve_after: 2 months}]", "differ in length"),
        ("pay_plans: [{name: P, currency: dollars}]", "pay_plans[0].currency (line 2)"),
        (
            "pay_plans: [{name: P, currency: EUR, standby: [{band: b, amount: -1, per: hour}]}]",
            "“-1” is negative",
        ),
        (
            "pay_plans: [{name: P, currency: EUR, standby: [{band: b, amount: .inf, per: hour}]}]",
            "is not a number",
        ),
        (
            "pay_plans: [{name: P, currency: EUR, standby: [{band: b, amount: 1, per: hour, end: '09:00'}]}]",
            "standby[0] (line 2): has only one of start and end",
        ),
        (
            "pay_plans: [{name: P, currency: EUR, standby: [{band: b, amount: 1, per: hour, exept: {}}]}]",
            "Did you mean “except”?",
        ),
    ],
)
def test_what_makes_no_sense_is_said_with_its_path(text, said):
    assert said in said_of(text)


def test_fifty_steps_are_enough():
    steps = ", ".join(["{timeout: 1m, targets: [{user: a}]}"] * 51)
    assert "steps (line 2): This is too long; at most 50" in said_of(
        f"escalation_policies: [{{name: P, steps: [{steps}]}}]"
    )
