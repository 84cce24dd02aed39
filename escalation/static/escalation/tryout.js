"use strict";
// The answer of “Try it”, while the form is being written. Nothing typed is ever replaced: only the answer is.
document.addEventListener("DOMContentLoaded", () => {
  const WAIT = 400; // ms after the last input
  const region = document.getElementById("tryout");
  const form = region && region.closest("form");
  const button = region && region.querySelector("[name=_try]");
  if (!form || !button) return;
  let timer = 0;
  let running = null;

  async function look() {
    if (running) running.abort();
    running = new AbortController();
    const asked = running;
    const body = new FormData(form);
    body.set("_try", "1");
    try {
      const answer = await fetch(location.href, { method: "POST", body, credentials: "same-origin", signal: asked.signal });
      if (!answer.ok || answer.redirected) return; // the button tells why
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const made = page.getElementById("tryout");
      if (!made || asked.signal.aborted) return;
      const [buttons, ...old] = region.children;
      old.forEach((one) => one.remove());
      buttons.after(...[...made.children].slice(1));
    } catch (fault) {
      if (!asked.signal.aborted) clearTimeout(timer);
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  }

  button.addEventListener("click", (event) => { event.preventDefault(); look(); });
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  if (window.django && django.jQuery) django.jQuery(form).on("select2:select select2:clear", soon);
  if (form.elements.labels && form.elements.labels.value) look();
});
