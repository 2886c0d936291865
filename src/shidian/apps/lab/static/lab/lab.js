// The editor's line numbers, and the way from a message to its line. Pages work without it.
"use strict";

(() => {
  const area = document.getElementById("id_text");
  const gutter = area && area.parentElement.querySelector(".gutter");
  if (!gutter) return;

  let shown = 0;
  const number = () => {
    const lines = area.value.split("\n").length;
    if (lines !== shown) {
      gutter.textContent = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
      shown = lines;
    }
    gutter.scrollTop = area.scrollTop;
  };
  const go = (line) => {
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1] || "").length);
    const height = parseFloat(getComputedStyle(area).lineHeight) || 20;
    area.scrollTop = Math.max(0, (line - 1) * height - area.clientHeight / 3);
    area.scrollLeft = 0;
    number();
  };

  area.addEventListener("input", number);
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    go(Number(link.dataset.line));
  });
  number();
})();
