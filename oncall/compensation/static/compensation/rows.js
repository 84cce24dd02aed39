// Another row of a form's rows, without a round trip. Without this script, saving gives one more empty row.
document.addEventListener("DOMContentLoaded", () => {
  for (const rows of document.querySelectorAll("[data-rows]")) {
    const more = document.createElement("button");
    more.type = "button";
    more.className = "wb-add";
    more.textContent = rows.dataset.add;
    more.addEventListener("click", () => {
      const total = document.getElementsByName(`${rows.dataset.rows}-TOTAL_FORMS`)[0];
      const template = rows.querySelector("template");
      const made = template.content.firstElementChild.cloneNode(true);
      for (const one of made.querySelectorAll("[name], [id], [for]")) {
        for (const name of ["name", "id", "for"]) {
          if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace("__prefix__", total.value));
        }
      }
      total.value = String(Number(total.value) + 1);
      template.before(made);
      made.querySelector("input").focus();
    });
    rows.querySelector("[data-without-script]").replaceWith(more);
  }
});
