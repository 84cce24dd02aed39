"""Our numbers and mail address as one contact, so that a phone can let them through Do Not Disturb."""

from email.utils import parseaddr

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from escalation.selectors import hot_numbers
from watchbill.vcard import vcard
from watchbill.web.pages import for_people

NAME = "Watchbill"
NOTE = "Pages come from here. Let this contact through Do Not Disturb."


@require_safe
@for_people
def card(request: HttpRequest) -> HttpResponse:
    """`GET /contact-card.vcf`; 404 where nothing of ours ever calls or writes."""
    if not (numbers() or mails()):
        raise Http404("Neither a phone company nor a mail server is set up, so there is nothing to save.")
    made = vcard(name=NAME, numbers=numbers(), mails=mails(), address=settings.PUBLIC_URL, note=NOTE)
    return HttpResponse(
        made,
        content_type="text/vcard; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="watchbill.vcf"'},
    )


def numbers() -> list[str]:
    """From which we call and write, and on which the on-call is called. Each once.

    Those that a messaging service or a pool of numbers chooses are known to the phone company alone.
    """
    ours = [settings.TWILIO["from_number"], settings.TELNYX["from_number"], *hot_numbers()]
    return list(dict.fromkeys(number for number in ours if number))


def mails() -> list[str]:
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return [sender] if settings.ENV.email_configured and sender else []


def card_address() -> str:
    """Where a page sends people for it; empty where there is nothing to save."""
    return reverse("contact-card") if numbers() or mails() else ""
