"use strict";
// The page of a mapping: what the expressions make of the payload, while they are being written. Nothing typed
// is ever replaced: only what was found is.
document.addEventListener("DOMContentLoaded", () => {
  const WAIT = 250; // ms after the last input
  const form = document.getElementById("mapping");
  if (!form) return;
  const [out, state] = ["wbm-out", "wbm-state"].map((name) => document.getElementById(name));
  let timer = 0;
  let running = null;

  const say = (text) => { if (state.textContent !== text) state.textContent = text; };

  function show(html) {
    const answer = new DOMParser().parseFromString(html, "text/html");
    const events = answer.querySelector("[data-events]");
    if (!events) throw new Error("not a try");
    for (const found of answer.querySelectorAll("[data-found]")) {
      form.querySelector(`[data-found="${found.dataset.found}"]`).replaceWith(found);
    }
    out.replaceChildren(events);
    out.classList.remove("wbm-stale");
    say(events.querySelector("[data-said]").textContent);
  }

  async function look() {
    if (running) running.abort();
    running = new AbortController();
    const asked = running;
    try {
      const answer = await fetch(form.dataset.address, {
        method: "POST", body: new FormData(form), credentials: "same-origin", signal: asked.signal,
      });
      if (answer.redirected || answer.status === 403) {
        say("You are logged out, or may not change this key. Log in in another window; what you wrote stays here.");
      } else if (!answer.ok) {
        say(`It cannot be tried now (${answer.status}). What you wrote stays here.`);
      } else {
        const html = await answer.text();
        if (!asked.signal.aborted) show(html);
      }
    } catch (fault) {
      if (!asked.signal.aborted) say("It cannot be tried now. What you wrote stays here.");
    }
  }

  form.addEventListener("input", (event) => {
    if (event.target.name === "preset") return; // chosen first, filled in by its button
    out.classList.add("wbm-stale");
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
  document.getElementById("wbm-try").addEventListener("click", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    look();
  });
  // Enter in a field tries; it neither saves nor fills in a preset over what was written.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    clearTimeout(timer);
    look();
  });
});
