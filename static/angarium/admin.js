// Rows of a form that matter only while others have certain values: data-shown-when="kind=smtp auth_enabled=on".
(function () {
  "use strict";

  function valueOf(form, name) {
    const field = form.elements.namedItem(name);
    if (!field) return null;
    if (field.type === "checkbox") return field.checked ? "on" : "off";
    return field.value;
  }

  function refresh(form) {
    for (const field of form.querySelectorAll("[data-shown-when]")) {
      const holds = field.dataset.shownWhen.split(" ").every(function (term) {
        const [name, wanted] = term.split("=");
        const value = valueOf(form, name);
        return value === null || value === wanted;
      });
      const row = field.closest(".form-row") || field.closest(".group");
      if (row) row.hidden = !holds;
    }
  }

  // The preview of a template follows what is typed, a moment after the last key. Each time in a new frame, so that
  // the browser's way back leads out of the editor and not through old previews.
  function followTyping(form) {
    const button = form.querySelector("[data-preview]");
    if (!button) return;
    let timer = null;
    const send = function () {
      const frame = form.querySelector("iframe[name=preview]");
      frame.replaceWith(frame.cloneNode(false));
      form.requestSubmit(button);
    };
    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(send, 700);
    });
    send();
  }

  // Line numbers beside code, with the lines of the errors marked.
  function numberLines(area) {
    const gutter = document.createElement("div");
    const numbers = document.createElement("div");
    gutter.className = "ang-gutter";
    gutter.setAttribute("aria-hidden", "true");
    gutter.append(numbers);
    const box = document.createElement("div");
    box.className = "ang-code";
    area.replaceWith(box);
    box.append(gutter, area);
    const wrong = new Set((area.dataset.wrong || "").split(" "));
    let shown = 0;
    const draw = function () {
      const count = area.value.split("\n").length;
      if (count === shown) return;
      shown = count;
      gutter.style.width = `${24 + 8 * String(count).length}px`;
      numbers.replaceChildren(...Array.from({ length: count }, function (_, index) {
        const line = document.createElement("div");
        line.textContent = index + 1;
        if (wrong.has(String(index + 1))) line.className = "ang-gutter__wrong";
        return line;
      }));
    };
    area.addEventListener("input", draw);
    area.addEventListener("scroll", function () { numbers.style.transform = `translateY(${-area.scrollTop}px)`; });
    draw();
  }

  function askFirst(button) {
    button.addEventListener("click", function (event) {
      if (!window.confirm(button.dataset.sure)) event.preventDefault();
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    for (const form of document.querySelectorAll("form")) {
      if (form.querySelector("[data-shown-when]")) {
        refresh(form);
        form.addEventListener("change", function () { refresh(form); });
      }
      followTyping(form);
    }
    document.querySelectorAll("textarea[data-lines]").forEach(numberLines);
    document.querySelectorAll("[data-sure]").forEach(askFirst);
  });
})();
