// Small helps that pages work without: file checks before sending, saved state, keys, counters.
"use strict";

(() => {
  const each = (root, selector, act) => {
    if (root.matches && root.matches(selector)) act(root);
    root.querySelectorAll(selector).forEach(act);
  };

  // A file of the wrong kind or over the limit is named before it is sent.
  const checkFile = (input) => {
    const out = document.getElementById(input.dataset.problemId);
    const file = input.files[0];
    let problem = "";
    if (file) {
      const kinds = (input.accept || "").split(",").map((kind) => kind.trim().toLowerCase()).filter(Boolean);
      const name = file.name.toLowerCase();
      const bytesMax = Number(input.dataset.mibMax || 0) * 1024 * 1024;
      if (kinds.length && !kinds.some((kind) => kind.startsWith(".") ? name.endsWith(kind) : file.type === kind)) {
        problem = input.dataset.problemKind || "";
      } else if (bytesMax && file.size > bytesMax) {
        problem = input.dataset.problemSize || "";
      }
    }
    input.setCustomValidity(problem);
    if (out) { out.textContent = problem; out.hidden = !problem; }
  };

  // Autosave says what it did in words that the server wrote into the page.
  const saveState = (form, state) => {
    const out = document.getElementById(form.dataset.saveState);
    if (!out) return;
    out.className = "save-state " + state;
    out.textContent = out.dataset[state] || "";
  };

  const start = (root) => {
    each(root, "input[type=file][data-mib-max]", (input) => input.addEventListener("change", () => checkFile(input)));
    each(root, "form[data-save-state]", (form) => {
      form.addEventListener("input", () => saveState(form, "changed"));
    });
    each(root, "[data-focus]", (element) => element.focus());
    each(root, "[data-print]", (button) => { button.hidden = false; button.addEventListener("click", () => window.print()); });
    each(root, "textarea[maxlength]", (area) => {
      const out = document.getElementById(area.dataset.countId);
      if (!out) return;
      const show = () => { out.textContent = area.value.length.toLocaleString() + " / " + Number(area.maxLength).toLocaleString(); };
      area.addEventListener("input", show);
      show();
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    start(document);
    const errors = document.querySelector(".errors");
    if (errors) errors.focus();
  });
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) start(event.target); });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.dataset && event.target.dataset.saveState) saveState(event.target, "saving");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.target.dataset && event.target.dataset.saveState) saveState(event.target, "failed");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.target.dataset && event.target.dataset.saveState) saveState(event.target, "failed");
  });

  // Alt+N and Alt+P walk through the criteria of a review sheet; Ctrl+Enter saves the form at hand.
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest && event.target.closest("form[data-keys]");
      if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-default]") || undefined); }
    }
    if (event.altKey && (event.code === "KeyN" || event.code === "KeyP")) {
      const stops = [...document.querySelectorAll("[data-stop]")];
      if (!stops.length) return;
      const here = stops.findIndex((stop) => stop.contains(document.activeElement));
      const next = stops[Math.min(stops.length - 1, Math.max(0, here + (event.code === "KeyN" ? 1 : -1)))];
      const field = next.querySelector("input, textarea, select");
      if (field) { event.preventDefault(); field.focus(); next.scrollIntoView({ block: "nearest" }); }
    }
  });
})();
