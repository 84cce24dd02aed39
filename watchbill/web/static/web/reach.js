"use strict";
// How I am reached: the drawing follows what is on the form, and a test page is watched. Both are the server's
// own pieces of the page; without this script the buttons do the same.
document.addEventListener("DOMContentLoaded", () => {
  const WAIT = 250; // ms after the last input
  const LOOK = 2000; // ms between two looks at a test page
  const [form, drawn, progress, look] = ["rules-form", "drawn", "progress", "look"].map((id) => document.getElementById(id));
  if (!form) return;

  async function put(into, wanted, address, options) {
    const answer = await fetch(address, { credentials: "same-origin", ...options });
    if (!answer.ok || answer.redirected) return null;
    const piece = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(wanted);
    if (piece && !(options.signal && options.signal.aborted)) into.replaceChildren(piece);
    return piece;
  }

  let timer = 0;
  let running = null;
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (running) running.abort();
      running = new AbortController();
      put(drawn, "[data-drawn]", form.dataset.preview, { method: "POST", body: new FormData(form), signal: running.signal }).catch(() => {});
    }, WAIT);
  }
  form.addEventListener("input", () => {
    document.getElementById("unsaved").hidden = false;
    soon();
  });
  look.hidden = true; // what it would show stands there already

  async function watch() {
    const piece = await put(progress, "[data-progress]", progress.dataset.address, {}).catch(() => null);
    if (piece && "going" in piece.dataset) setTimeout(watch, LOOK);
  }
  if (progress.querySelector("[data-going]")) setTimeout(watch, LOOK);
});
