"""Only Twilio comes in by a door of Twilio's, by whatever name the request calls us."""

import pytest
from django.http import HttpResponse, QueryDict
from django.test import RequestFactory
from twilio.request_validator import RequestValidator

from paging.inbound.twilio import MAX_BYTES, door, is_signed

# facts of Twilio's own documentation
TOKEN = "12345"
ADDRESS = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}
SIGNED = "GvWf1cFY/Q7PnoempGyD5oXAezc="


@pytest.fixture(autouse=True)
def company(settings):
    settings.TWILIO = settings.TWILIO | {"auth_token": TOKEN}
    settings.PUBLIC_URL = "https://mycompany.com"


def post(form=FORM, *, signature=SIGNED, path="/myapp.php?foo=1&bar=2", **extra):
    seen = []

    @door
    def view(request, form):
        seen.append(form)
        return HttpResponse("in")

    kind = "application/x-www-form-urlencoded"
    body = form if isinstance(form, bytes) else encoded(form)
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    response = view(RequestFactory().post(path, body, kind, headers=headers, **extra))
    assert len(seen) == (response.status_code == 200)
    return response.status_code, *seen


def encoded(form):
    query = QueryDict(mutable=True)
    for name, value in form.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query.urlencode().encode()


def test_what_twilio_documents_as_signed_is_signed():
    assert is_signed(ADDRESS, FORM, SIGNED, token=TOKEN)
    assert post() == (200, FORM)


def test_it_is_our_public_address_that_is_signed_not_the_host_asked_for():
    assert post(HTTP_HOST="evil.example", SERVER_PORT="8000") == (200, FORM)


@pytest.mark.parametrize("public", ["https://evil.example", "http://mycompany.com"])
def test_a_signature_for_another_address_is_none(settings, public):
    settings.PUBLIC_URL = public
    assert post(HTTP_HOST="mycompany.com") == (403,)


@pytest.mark.parametrize("signed", ["https://mycompany.com:443/sms", "https://mycompany.com/sms"])
@pytest.mark.parametrize("public", ["https://mycompany.com:443", "https://mycompany.com"])
def test_with_and_without_its_port_the_address_is_the_same(settings, signed, public):
    settings.PUBLIC_URL = public
    signature = RequestValidator(TOKEN).compute_signature(signed, FORM)
    assert post(path="/sms", signature=signature) == (200, FORM)


def test_names_that_come_twice_are_signed_once_each():
    form = {"MediaUrl": ["b", "a", "b"], "Body": "x"}
    signature = RequestValidator(TOKEN).compute_signature(
        "https://mycompany.com/sms", QueryDict(encoded(form))
    )
    assert post(form, path="/sms", signature=signature) == (200, {"MediaUrl": "b", "Body": "x"})


def test_emoji_and_empty_fields_are_signed_too():
    form = {"Body": "👩‍🚒 ack Größe", "FromCity": ""}
    signature = RequestValidator(TOKEN).compute_signature("https://mycompany.com/sms", form)
    assert post(form, path="/sms", signature=signature) == (200, form)


@pytest.mark.parametrize(
    "forged", [None, "", "x", SIGNED[:-2] + "d=", SIGNED.lower(), "é" * 28, "\x00", SIGNED + " "]
)
def test_a_forged_signature_does_not_come_in(forged):
    assert post(signature=forged) == (403,)


@pytest.mark.parametrize(
    "form",
    [
        FORM | {"Digits": "4"},
        FORM | {"Extra": ""},
        {name: value for name, value in FORM.items() if name != "Digits"},
        b"",
        b"\xff\xfe\x00&&&===%zz",
        b"{" * 1000,
        b"a&" * 5000,
    ],
)
def test_a_form_that_is_not_the_signed_one_does_not_come_in(form):
    assert post(form) == (403,)


def test_without_a_token_nobody_comes_in(settings):
    settings.TWILIO = settings.TWILIO | {"auth_token": ""}
    assert post(signature=RequestValidator("").compute_signature(ADDRESS, FORM)) == (403,)


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_comes_in(method):
    view = door(lambda request, form: HttpResponse("in"))
    response = view(getattr(RequestFactory(), method)("/sms"))
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_a_body_above_the_limit_is_not_read():
    assert post(b"a" * (MAX_BYTES + 1)) == (413,)
    assert post(b"", CONTENT_LENGTH=str(10**12)) == (413,)
    assert post(b"a" * MAX_BYTES) == (403,)
    assert post(b"", CONTENT_LENGTH="many") == (403,)


def test_the_token_of_a_form_protection_is_not_asked_for():
    assert door(lambda request, form: HttpResponse()).csrf_exempt
