// Keeps a part of the page fresh. The gate says only "changed"; the content is fetched from this
// origin, which checks access: at once, and then not before a pause at least as long as that
// took, so that many open pages slow down before a server does; one that is put off (503) asks again
// at a moment of its own. Where the stream fails, the part is fetched every ten seconds.
// <div data-live="fragment address" data-token="token address">
(() => {
  "use strict";
  const POLL_MS = 10000;
  const QUIET_MS = 100;
  const RETRY_MS = 3000;

  function watch(part) {
    let stream = null;
    let polling = 0;
    let waiting = 0;
    let again = false;
    let busy = false;
    let free = 0;

    async function refresh() {
      if (busy) { again = true; return; }
      busy = true;
      const began = performance.now();
      let putOff = 0;
      try {
        const answer = await fetch(part.dataset.live, {
          headers: { "HX-Request": "true" }, credentials: "same-origin", redirect: "error",
        });
        if (answer.ok) swap(await answer.text());
        else if (answer.status === 404 || answer.status === 403) stop();
        else if (answer.status === 503) putOff = RETRY_MS * (0.5 + Math.random());
      } catch (error) { /* the next change or poll tries again */ }
      busy = false;
      const now = performance.now();
      free = now + Math.max(QUIET_MS, now - began);
      if (again || putOff) { again = false; soon(putOff); }
    }

    // Opened details and what is being typed stay as they are across a refresh.
    function swap(html) {
      if (part.contains(document.activeElement) && document.activeElement.matches("textarea, input")) {
        soon(2000);
        return;
      }
      const open = new Set([...part.querySelectorAll("details[open][id]")].map((node) => node.id));
      const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
      const fresh = new DOMParser().parseFromString(html, "text/html");
      const before = new Map([...part.querySelectorAll("[data-mark]")].map((node) => [node.id, node.dataset.mark]));
      put(fresh.body);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      for (const node of part.querySelectorAll("[data-mark]")) {
        if (before.get(node.id) !== node.dataset.mark) node.classList.add("changed");
      }
      if (focused) document.getElementById(focused)?.focus();
      part.dispatchEvent(new CustomEvent("shidian:refreshed", { bubbles: true }));
    }

    // A table of many rows stays, and with it where it is scrolled to: rows that say what they said
    // are left alone, since what a browser lays out anew costs more than all else.
    function put(body) {
      const kept = part.querySelector("tbody[data-rows]");
      const fresh = body.querySelector("tbody[data-rows]");
      if (!kept || !fresh) { part.replaceChildren(...body.childNodes); return; }
      replaceRows(kept, fresh);
      const place = outermost(kept, part), until = outermost(fresh, body);
      for (const node of [...part.childNodes]) if (node !== place) node.remove();
      const nodes = [...body.childNodes], at = nodes.indexOf(until);
      place.before(...nodes.slice(0, at));
      place.after(...nodes.slice(at + 1));
    }

    function outermost(node, within) {
      while (node.parentNode !== within) node = node.parentNode;
      return node;
    }

    function replaceRows(kept, fresh) {
      const known = new Map([...kept.rows].map((row) => [row.id, row]));
      let next = kept.firstElementChild;
      for (const row of [...fresh.rows]) {
        const old = known.get(row.id);
        old?.classList.remove("changed");
        const use = old?.outerHTML === row.outerHTML ? old : row;
        if (next && next !== use && next.nextElementSibling === use) {
          const later = next;
          next = use;
          later.remove();
        }
        if (use === next) next = next.nextElementSibling;
        else if (use === row && old && old === next) { next = old.nextElementSibling; old.replaceWith(row); }
        else { if (use === row) old?.remove(); kept.insertBefore(use, next); }
      }
      while (next) { const gone = next; next = next.nextElementSibling; gone.remove(); }
    }

    function soon(ms = 0) {
      if (waiting) return;
      const pause = Math.max(ms, free - performance.now(), 0);
      waiting = setTimeout(() => { waiting = 0; refresh(); }, pause);
    }

    function poll(on) {
      part.dataset.state = on ? "polling" : "live";
      if (on && !polling) polling = setInterval(refresh, POLL_MS);
      if (!on && polling) { clearInterval(polling); polling = 0; }
    }

    function stop() {
      stream?.close();
      clearInterval(polling);
      part.dataset.state = "stopped";
    }

    async function listen() {
      let given;
      try {
        const answer = await fetch(part.dataset.token, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) { stop(); return; }
        given = await answer.json();
      } catch (error) { poll(true); setTimeout(listen, RETRY_MS * 3); return; }
      if (!given.token) { poll(true); return; }
      const next = new EventSource(`${given.url}?token=${encodeURIComponent(given.token)}`);
      next.addEventListener("open", () => { stream?.close(); stream = next; poll(false); soon(); });
      next.addEventListener("changed", () => soon());
      next.addEventListener("error", () => {
        if (stream !== null && stream !== next) return;
        next.close();
        poll(true);
        setTimeout(() => { if (stream === next || stream === null) { stream = null; listen(); } }, RETRY_MS);
      });
      setTimeout(() => { if (stream === next) listen(); }, given.renew_s * 1000);
    }

    document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
    listen();
  }

  document.querySelectorAll("[data-live]").forEach(watch);
})();
