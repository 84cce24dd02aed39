"""On the page of a service: which rules its alerts meet, in the order in which they do."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from escalation.core.matching import spelled
from escalation.models import Service
from escalation.quiet.reading import running
from escalation.selectors.routing import makes_of_it, routing_rules, spelled_match

LINK = "text-primary-600 dark:text-primary-500"


def rules_of(service: Service, *, now: datetime) -> SafeString:
    """Routing rules first, then suppress rules and trials in force, each leading to its page."""
    routed = [
        ("routingrule", rule.pk, f"{rule.position}. {spelled_match(rule)} {makes_of_it(rule)}")
        for rule in routing_rules().filter(service=service)
    ]
    quiet = [
        ("alertrule", rule.pk, f"{capfirst(str(rule))}: {spelled(rule.match)}, until {rule.ends_at:%Y-%m-%d}")
        for rule in running(now=now).filter(service=service)
    ]
    return format_html(
        "{}{}<div class='mt-2'>{} · {}</div>",
        _lines("What comes by its keys", routed, none="stays here"),
        _lines("Of what is here then", quiet, none="nothing is kept quiet by a rule"),
        _added("routingrule", service, "Make a routing rule"),
        _added("alertrule", service, "Make a suppress rule or a trial"),
    )


def _lines(title: str, rows: Iterable[tuple[str, int, str]], *, none: str) -> SafeString:
    shown = format_html_join(
        "",
        "<div><a class='{}' href='{}'>{}</a></div>",
        ((LINK, reverse(f"admin:escalation_{model}_change", args=[pk]), said) for model, pk, said in rows),
    )
    return format_html("<div>{}: {}</div>", title, shown or none)


def _added(model: str, service: Service, said: str) -> SafeString:
    address = reverse(f"admin:escalation_{model}_add")
    return format_html("<a class='{}' href='{}?service={}'>{}</a>", LINK, address, service.pk, said)
