"use strict";
// A step added to the form gets the same choice by typing as those that were there.
document.addEventListener("formset:added", (event) => {
  django.jQuery(event.target).find(".unfold-admin-autocomplete").djangoCustomSelect2();
});
