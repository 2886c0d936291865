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

  // A form is sent once the autosave that is under way has come back with its version, and saves
  // nothing by itself from then on: else one's own saving would look like another person's.
  const saving = new WeakSet();
  const waiting = new WeakMap();
  let sent = new WeakSet();
  const WAIT_MS = 5000;
  const saved = (form) => {
    saving.delete(form);
    if (!waiting.has(form)) return;
    const button = waiting.get(form);
    waiting.delete(form);
    form.requestSubmit(button && button.isConnected ? button : undefined);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.saveState) return;
    if (!saving.has(form)) { sent.add(form); return; }
    event.preventDefault();
    if (!waiting.has(form)) setTimeout(() => { if (waiting.has(form)) saved(form); }, WAIT_MS);
    waiting.set(form, event.submitter);
  });
  window.addEventListener("pageshow", () => { sent = new WeakSet(); });

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
    const form = event.target;
    if (!form.dataset || !form.dataset.saveState) return;
    if (sent.has(form)) { event.preventDefault(); return; }
    saving.add(form);
    saveState(form, "saving");
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (saving.has(event.target)) saved(event.target); });
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
