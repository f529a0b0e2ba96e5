"use strict";
// Comfort only: ticking all tickets of a list at once. Everything works without it.
const all = document.getElementById("all");
if (all) {
  all.closest(".all").hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[name=n]")) box.checked = all.checked;
  });
}
