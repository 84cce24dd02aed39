"""A form with a button that says what the rule on it would have made of the last days. Nothing is written."""

from typing import Any

from django.http import HttpRequest

from escalation.core.matching import faults_of
from escalation.selectors.tryout import TryOut

TRY = "_try"


class Tried:
    """For an admin whose rows are rules. Without script the page comes back with the answer on it; with it
    the answer is asked for while the form is being written.
    """

    change_form_after_template = "escalation/tryout.html"

    class Media:
        js = ("escalation/tryout.js",)

    def try_out(self, request: HttpRequest, form: Any) -> TryOut | None:
        """What the rule on a form without faults would have done; None where that cannot be said."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # the admin's
        return _never_saved(form) if is_tried(request) else form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        form = context["adminform"].form
        context["may_try"] = bool(form.fields)
        if is_tried(request):
            context["tried"] = True
            context["tryout"] = self._answer(request, form)
            context["faults"] = [fault for faults in form.errors.values() for fault in faults]
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]  # the admin's

    def _answer(self, request: HttpRequest, form: Any) -> TryOut | None:
        if form.errors or faults_of(form.cleaned_data["labels"]):
            return None
        return self.try_out(request, form)


def is_tried(request: HttpRequest) -> bool:
    return request.method == "POST" and TRY in request.POST


def _never_saved(form: type[Any]) -> type[Any]:
    class Trial(form):
        def is_valid(self) -> bool:
            super().is_valid()
            return False

        def clean(self) -> Any:
            found = super().clean()
            for fault in (
                faults_of(self.cleaned_data.get("labels") or {}) if "labels" in self.cleaned_data else ()
            ):
                self.add_error("labels", fault)
            return found

    return Trial
