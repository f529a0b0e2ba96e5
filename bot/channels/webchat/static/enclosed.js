// Files chosen but not sent yet: picked, dropped or pasted, each shown with a small picture.
"use strict";

import { typeOf } from "./attachments.js";
import { byId, h, icon, notice, settings, size, words } from "./page.js";

export class Enclosed {
  constructor(changed) {
    this.changed = changed;
    this.files = []; // {file, url}
    this.list = byId("enclosed");
    for (const name of ["camera", "media", "file"]) {
      const input = byId("pick-" + name);
      document.querySelector('[data-pick="' + name + '"]').addEventListener("click", () => input.click());
      input.addEventListener("change", () => { this.add(input.files); input.value = ""; });
    }
    this.watchDrop();
    document.addEventListener("paste", (event) => {
      const files = event.clipboardData ? event.clipboardData.files : [];
      if (files.length) { event.preventDefault(); this.add(files); }
    });
  }

  watchDrop() {
    let depth = 0;
    const carries = (event) => event.dataTransfer && Array.from(event.dataTransfer.types || []).indexOf("Files") >= 0;
    const show = (on) => { byId("drop").hidden = !on; if (!on) depth = 0; };
    document.addEventListener("dragenter", (event) => { if (carries(event)) { depth += 1; show(true); } });
    document.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) show(false); });
    document.addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
    document.addEventListener("drop", (event) => {
      show(false);
      if (!carries(event)) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
  }

  add(files) {
    const problems = [];
    for (const file of Array.from(files)) {
      if (file.size > settings.file_bytes) problems.push(words("files.too_large", { name: file.name, size: size(file.size), limit: size(settings.file_bytes) }));
      else if (!file.size) problems.push(words("files.problem"));
      else if (this.files.length >= settings.files) { problems.push(words("files.too_many", { limit: settings.files })); break; }
      else this.files.push({ file, url: URL.createObjectURL(file) });
    }
    notice(problems.join(" "));
    this.draw();
    this.changed();
    byId("text").focus({ preventScroll: true });
  }

  // Hand over what was chosen; from now on the talk shows it.
  take() {
    const files = this.files;
    this.files = [];
    this.draw();
    return files;
  }

  draw() {
    this.list.hidden = !this.files.length;
    this.list.replaceChildren(...this.files.map((entry) => this.thumb(entry)));
  }

  thumb(entry) {
    const type = typeOf(entry.file);
    const shown = () => h("div", { class: "thumb" }, icon(type === "video" ? "play" : type === "audio" ? "voice" : "file"), h("span", {}, entry.file.name), h("span", {}, size(entry.file.size)));
    let picture = shown();
    if (type === "photo") {
      picture = h("img", { class: "thumb", src: entry.url, alt: entry.file.name });
      picture.addEventListener("error", () => picture.replaceWith(shown()));
    }
    const remove = h("button", { type: "button", class: "drop-one", "aria-label": words("files.left", { name: entry.file.name }) }, icon("close"));
    remove.addEventListener("click", () => {
      URL.revokeObjectURL(entry.url);
      this.files = this.files.filter((other) => other !== entry);
      this.draw();
      this.changed();
      byId("text").focus({ preventScroll: true });
    });
    return h("li", {}, picture, remove);
  }
}
