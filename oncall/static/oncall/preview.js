"use strict";
// The page of a schedule: the roster that saving would make, while it is being written; rows that are added
// and moved without saving. Nothing typed is ever replaced: only the preview is.
document.addEventListener("DOMContentLoaded", () => {
  const WAIT = 300; // ms after the last input
  const region = document.getElementById("preview");
  const form = region && region.closest("form");
  if (!form) return;
  const [said, faults, drawn, shown, weeks, fold] = ["said", "faults", "drawn", "shown", "weeks", "fold"].map(
    (name) => document.getElementById(`preview-${name}`),
  );
  const stored = document.getElementById("stored-roster");
  let timer = 0;
  let running = null;

  const say = (text) => { if (said.textContent !== text) said.textContent = text; };

  function show(html) {
    const answer = new DOMParser().parseFromString(html, "text/html");
    const [line, wrong, picture] = ["[data-said]", "[data-faults]", "[data-drawn]"].map((one) => answer.querySelector(one));
    if (!line) throw new Error("not a preview");
    say(line.textContent);
    faults.replaceChildren(...(wrong ? [wrong] : []));
    drawn.classList.toggle("wb-stale", !picture);
    if (picture) {
      region.hidden = false;
      if (stored) stored.hidden = true; // the preview says it too
      const at = [...drawn.querySelectorAll(".wb-strip")].map((one) => one.scrollLeft);
      drawn.replaceChildren(picture);
      drawn.querySelectorAll(".wb-strip").forEach((one, n) => { one.scrollLeft = at[n] || 0; });
    }
  }

  async function look() {
    if (running) running.abort();
    running = new AbortController();
    const asked = running;
    const body = new FormData(form);
    body.set("weeks", weeks.value);
    try {
      const answer = await fetch(region.dataset.address, { method: "POST", body, credentials: "same-origin", signal: asked.signal });
      if (answer.redirected || answer.status === 403) {
        say("You are logged out, or may not change this schedule. Log in in another window; what you wrote stays here.");
      } else if (!answer.ok) {
        say(`The preview cannot be shown now (${answer.status}). What you wrote stays here.`);
      } else {
        const html = await answer.text();
        if (!asked.signal.aborted) show(html);
      }
    } catch (fault) {
      if (!asked.signal.aborted) say("The preview cannot be reached now. What you wrote stays here.");
    }
  }

  function soon() {
    region.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  }

  function fields(row) {
    return [...row.querySelectorAll("input, select, textarea")].filter((one) => one.name);
  }

  const blank = (row) => fields(row).every((one) => one.type === "checkbox" || one.tagName === "SELECT" || !one.value);

  function exchange(one, other) {
    const theirs = fields(other);
    fields(one).forEach((field, n) => {
      const [value, checked] = [field.value, field.checked];
      [field.value, field.checked] = [theirs[n].value, theirs[n].checked];
      [theirs[n].value, theirs[n].checked] = [value, checked];
    });
  }

  function button(text, label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function move(rows, row, by) {
    if (blank(row)) return;
    const all = [...rows.querySelectorAll(":scope > [data-row]")].filter((one) => !blank(one)); // what is empty has no rank
    const other = all[all.indexOf(row) + by];
    if (!other) return;
    exchange(row, other);
    other.querySelectorAll(".wb-moves button")[by < 0 ? 0 : 1].focus();
    soon();
  }

  function movable(rows, row) {
    const moves = document.createElement("div");
    moves.className = "wb-moves";
    moves.append(
      button("↑ Move up", "Move this layer up, below in rank", () => move(rows, row, -1)),
      button("↓ Move down", "Move this layer down, higher in rank", () => move(rows, row, 1)),
    );
    row.prepend(moves);
  }

  function add(rows) {
    const total = form.elements[`${rows.dataset.rows}-TOTAL_FORMS`];
    const template = rows.querySelector("template");
    const made = template.content.firstElementChild.cloneNode(true);
    for (const one of made.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace("__prefix__", total.value));
      }
    }
    total.value = String(Number(total.value) + 1);
    template.before(made);
    if ("ordered" in rows.dataset) movable(rows, made);
    (fields(made).find((one) => one.type !== "hidden") || made).focus();
    soon();
  }

  for (const rows of form.querySelectorAll("[data-rows]")) {
    if ("ordered" in rows.dataset) rows.querySelectorAll(":scope > [data-row]").forEach((row) => movable(rows, row));
    const more = button(rows.dataset.add, rows.dataset.add, () => add(rows));
    more.className = "wb-add";
    rows.querySelector("[data-without-script]").replaceWith(more);
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  weeks.addEventListener("change", (event) => { event.stopPropagation(); soon(); });
  fold.addEventListener("click", () => {
    shown.hidden = !shown.hidden;
    fold.textContent = shown.hidden ? "Show" : "Hide";
    fold.setAttribute("aria-expanded", String(!shown.hidden));
  });
  // Choices by typing tell jQuery alone; and a row added beside gets the same choice as those that were there.
  if (window.django && django.jQuery) django.jQuery(form).on("select2:select select2:clear", soon);
  document.addEventListener("formset:added", (event) => {
    django.jQuery(event.target).find(".unfold-admin-autocomplete").djangoCustomSelect2();
    soon();
  });
  document.addEventListener("formset:removed", soon);
  look();
});
