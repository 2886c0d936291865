// Marks a stretch of a chart with a pointer and shows it closer: the two fields of the form named
// `range` are filled and sent, so that the server draws it anew. Keys and fingers have the same form.
(() => {
  "use strict";
  const LEAST = 0.01;
  const WIDTH = 1000;

  function local(ms) {
    const form = document.forms.range;
    const shifted = new Date(ms + Number(form.dataset.offsetMs || 0));
    return shifted.toISOString().slice(0, 16);
  }

  function watch(figure) {
    const plot = figure.querySelector("svg.plot");
    const form = document.forms.range;
    if (!plot || !form) return;
    const from = Number(figure.dataset.from), to = Number(figure.dataset.to);
    let start = null, rect = null;

    const place = (event) => {
      const box = plot.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    };
    const draw = (a, b) => {
      rect.setAttribute("x", Math.min(a, b) * WIDTH);
      rect.setAttribute("width", Math.abs(b - a) * WIDTH);
    };
    const drop = () => { rect?.remove(); rect = null; start = null; };

    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = place(event);
      rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      rect.setAttribute("class", "brush");
      rect.setAttribute("y", 0);
      rect.setAttribute("height", plot.viewBox.baseVal.height);
      plot.append(rect);
      draw(start, start);
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => { if (start !== null) draw(start, place(event)); });
    plot.addEventListener("pointercancel", drop);
    plot.addEventListener("pointerup", (event) => {
      if (start === null) return;
      const [low, high] = [start, place(event)].sort((a, b) => a - b);
      drop();
      if (high - low < LEAST) return;
      form.elements.since.value = local(from + (to - from) * low);
      form.elements.until.value = local(from + (to - from) * high + 59999);
      form.requestSubmit();
    });
  }

  document.querySelectorAll("figure.brushed").forEach(watch);
})();
