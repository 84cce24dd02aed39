from datetime import UTC, datetime, timedelta

from paging.core.rules import Detour, Method, Moment, Rule, Told, detour, moments

SMS, OTHER_SMS, VOICE, EMAIL = Method(1, "sms"), Method(2, "sms"), Method(3, "voice"), Method(4, "email")
AT_ONCE, TWO, FIVE = timedelta(0), timedelta(minutes=2), timedelta(minutes=5)
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_each_rule_gets_its_moment_soonest_first():
    found = moments(
        [Rule("email", FIVE), Rule("sms", AT_ONCE), Rule("voice", TWO)], [EMAIL, SMS, VOICE], urgency="high"
    )
    assert found == (Moment(SMS, AT_ONCE), Moment(VOICE, TWO), Moment(EMAIL, FIVE))


def test_a_rule_reaches_every_method_of_its_kind():
    assert moments([Rule("sms", TWO)], [SMS, OTHER_SMS, EMAIL], urgency="high") == (
        Moment(SMS, TWO),
        Moment(OTHER_SMS, TWO),
    )


def test_without_a_rule_everything_rings_at_once():
    assert moments([], [SMS, VOICE, EMAIL], urgency="high") == tuple(
        Moment(method, AT_ONCE) for method in (SMS, VOICE, EMAIL)
    )


def test_a_rule_for_a_method_one_does_not_have_is_no_rule():
    assert moments([Rule("voice", FIVE)], [EMAIL], urgency="high") == (Moment(EMAIL, AT_ONCE),)


def test_low_urgency_without_a_rule_wakes_nobody_who_has_email():
    assert moments([], [SMS, EMAIL], urgency="low") == (Moment(EMAIL, AT_ONCE),)
    assert moments([], [SMS], urgency="low") == (Moment(SMS, AT_ONCE),)


def test_without_methods_there_is_no_moment():
    assert moments([Rule("sms", AT_ONCE)], [], urgency="high") == ()


def told(pk: int, method: Method, minutes: int, *, waiting: bool) -> Told:
    return Told(pk, method.id, NOW + timedelta(minutes=minutes), waiting)


def test_after_a_failure_the_next_method_in_line_comes_forward_and_the_last_keeps_its_time():
    so_far = [
        told(1, SMS, 0, waiting=False),
        told(2, VOICE, 2, waiting=True),
        told(3, EMAIL, 5, waiting=True),
    ]
    assert detour([SMS, VOICE, EMAIL], so_far, urgency="high") == Detour(forward=(2,))


def test_after_a_failure_the_same_method_is_not_brought_forward():
    so_far = [told(1, SMS, 0, waiting=False), told(2, SMS, 2, waiting=True), told(3, EMAIL, 5, waiting=True)]
    assert detour([SMS, EMAIL], so_far, urgency="high") == Detour(forward=(3,))


def test_after_the_last_rule_failed_methods_without_a_rule_are_taken():
    assert detour([SMS, EMAIL], [told(1, SMS, 0, waiting=False)], urgency="high") == Detour(extra=(EMAIL,))


def test_low_urgency_never_goes_beyond_the_rules():
    assert detour([SMS, EMAIL], [told(1, EMAIL, 0, waiting=False)], urgency="low") == Detour()


def test_a_disabled_method_is_not_brought_forward():
    so_far = [told(1, SMS, 0, waiting=False), told(2, VOICE, 2, waiting=True)]
    assert detour([SMS, EMAIL], so_far, urgency="high") == Detour(extra=(EMAIL,))
