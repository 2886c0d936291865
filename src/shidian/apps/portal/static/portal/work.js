// Works for a form before it is sent, so that floods cost: seeks a number whose hash with the form's
// token begins with as many zero bits as the page asks for. Nothing is read or kept of the reader.
//
// Without this file, or on a page without WebCrypto, the form is sent as it is: it then waits for a
// person to read it. See `shidian.apps.portal.work`.
"use strict";

(() => {
  const BATCH = 256;
  const utf8 = new TextEncoder();

  const enough = (hash, bits) => {
    const view = new Uint8Array(hash);
    for (let at = 0; at < bits; at += 8) {
      const wanted = Math.min(8, bits - at);
      if (view[at >> 3] >> (8 - wanted)) return false;
    }
    return true;
  };

  const tried = async (token, number, bits) => {
    const hash = await crypto.subtle.digest("SHA-256", utf8.encode(`${token}:${number}`));
    return enough(hash, bits) ? number : -1;
  };

  const work = async (token, bits) => {
    for (let first = 0; ; first += BATCH) {
      const numbers = Array.from({ length: BATCH }, (_, n) => first + n);
      const found = (await Promise.all(numbers.map((one) => tried(token, one, bits)))).find((one) => one >= 0);
      if (found !== undefined) return String(found);
    }
  };

  const prepare = (form) => {
    const bits = Number(form.dataset.workBits);
    const token = form.elements.sending.value;
    const told = form.querySelector("[data-working]");
    let done = false;
    let wanted = null;
    const working = work(token, bits).then((number) => {
      form.elements.work.value = number;
      done = true;
      if (wanted) form.requestSubmit(wanted.button);
    });
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (done || (button && button.value === "change")) return;
      event.preventDefault();
      wanted = { button };
      told.hidden = false;
    });
    return working;
  };

  if (window.crypto && crypto.subtle) document.querySelectorAll("form[data-work-bits]").forEach(prepare);
})();
