// Says in the page's own words why a passkey could not be used.
"use strict";

(() => {
  const out = document.getElementById("passkey-problem");
  const say = (words) => { out.textContent = words; out.hidden = false; };
  const isAddress = /^[0-9.]+$|^\[/.test(window.location.hostname);
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    say(isAddress || !window.PublicKeyCredential ? out.dataset.noName : out.dataset.refused);
    out.focus();
  });
})();
