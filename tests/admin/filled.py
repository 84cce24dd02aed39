"""A page of the admin as a browser would send it back: every field as it stands, with some changed."""

from typing import Any

from django.forms import CheckboxInput, Select


def filled(response: Any, **changes: Any) -> dict[str, Any]:
    form = response.context["adminform"].form
    formsets = [inline.formset for inline in response.context["inline_admin_formsets"]]
    own = (getattr(form, name, None) for name in ("layers", "follows", "bands"))
    formsets += [found for found in own if found]
    temporary = getattr(form, "temporary", None)
    formsets += [temporary.carried] if temporary else []
    data = _values(form) | (_values(temporary.span) if temporary else {})
    for formset in formsets:
        data |= _values(formset.management_form)
        for one in formset.forms:
            data |= _values(one)
    return data | changes


def _values(form: Any) -> dict[str, Any]:
    found = {bound.html_name: _value(bound) for bound in form}
    return {name: value for name, value in found.items() if value is not None}


def _value(bound: Any) -> Any:
    widget, value = bound.field.widget, bound.value()
    if isinstance(widget, CheckboxInput):
        return "on" if value else None
    if isinstance(widget, Select) and not widget.allow_multiple_selected and value is None:
        return next((choice for choice, _ in widget.choices), None)  # what a browser shows first, it sends
    return widget.format_value(value)
