// Draws rectangles on the photo and writes them, in percent, into the form. Without it there are four fields to fill in.
"use strict";

const form = document.querySelector("form.boxing");
const picture = form && form.querySelector(".boxing-picture img");
if (picture) {
  const ground = form.querySelector(".boxing-ground");
  const field = form.elements.boxes;
  const boxes = [];
  let begun = null;

  const kept = () => [...form.querySelectorAll("input[name=kept]:checked")].map((box) => box.value.split(",").map(Number));

  const draw = (open) => {
    ground.width = picture.clientWidth;
    ground.height = picture.clientHeight;
    const pen = ground.getContext("2d");
    pen.fillStyle = "rgba(0, 0, 0, .8)";
    pen.strokeStyle = "#fff";
    for (const [x, y, width, height] of [...kept(), ...boxes, ...(open ? [open] : [])]) {
      const rectangle = [x / 100 * ground.width, y / 100 * ground.height, width / 100 * ground.width, height / 100 * ground.height];
      pen.fillRect(...rectangle);
      pen.strokeRect(...rectangle);
    }
    field.value = boxes.map((box) => box.map((value) => value.toFixed(2)).join(",")).join(";");
  };

  const at = (event) => {
    const edge = ground.getBoundingClientRect();
    const part = (value, from, size) => Math.min(100, Math.max(0, (value - from) / size * 100));
    return [part(event.clientX, edge.left, edge.width), part(event.clientY, edge.top, edge.height)];
  };

  const between = ([x, y], [toX, toY]) => [Math.min(x, toX), Math.min(y, toY), Math.abs(toX - x), Math.abs(toY - y)];

  ground.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return;
    begun = at(event);
    ground.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  ground.addEventListener("pointermove", (event) => begun && draw(between(begun, at(event))));
  ground.addEventListener("pointercancel", () => { begun = null; draw(); });
  ground.addEventListener("pointerup", (event) => {
    if (!begun) return;
    const box = between(begun, at(event));
    begun = null;
    if (box[2] > 0.5 && box[3] > 0.5) boxes.push(box);
    draw();
  });
  form.querySelector("[data-undo]").addEventListener("click", () => { boxes.pop(); draw(); });
  form.addEventListener("change", () => draw());
  window.addEventListener("resize", () => draw());

  const ready = () => {
    for (const hidden of form.querySelectorAll(".boxing-ground, .boxing-how, .boxing-tools")) hidden.hidden = false;
    draw();
  };
  if (picture.complete) ready(); else picture.addEventListener("load", ready);
}
