// How files look inside a message. Content comes from our own server, or from this device before it is sent.
"use strict";

import { byId, clock, h, icon, size, words } from "./page.js";

export function typeOf(file) {
  const kind = (file.type || "").split("/")[0];
  return kind === "image" ? "photo" : kind === "video" ? "video" : kind === "audio" ? "audio" : "file";
}

// {id, type, state, mime, name, bytes, seconds, problem, url}: url is set for a file that is still on this device.
export function attachment(file) {
  const source = file.url || (file.state === "stored" ? "/chat/attachments/" + encodeURIComponent(file.id) : "");
  const label = words("files." + file.type) || words("files.file");
  if (!source) return plain(file, label, "");
  if (file.type === "photo") return photo(file, source, label);
  if (file.type === "video") return h("video", { class: "film", src: source, controls: true, preload: "metadata", playsinline: true, "aria-label": label });
  if (file.type === "voice" || file.type === "audio") return sound(file, source, label);
  return plain(file, label, source);
}

function photo(file, source, label) {
  const image = h("img", { class: "photo", alt: file.name || label, src: source, decoding: "async" });
  const button = h("button", { type: "button", class: "photo-button", "aria-label": words("files.photo") }, image);
  image.addEventListener("error", () => button.replaceWith(plain(file, label, file.url ? "" : source)));
  button.addEventListener("click", () => view(source, button));
  return button;
}

function plain(file, label, source) {
  const state = file.problem || file.state === "failed" ? words("problem." + file.problem) || words("files.problem") : file.bytes ? size(file.bytes) : "";
  const name = file.name || label;
  const title = source ? h("a", { href: source, download: file.name || true }, name) : h("span", {}, name);
  return h("p", { class: "file" }, icon("file"), h("span", {}, title, state ? h("small", {}, state) : ""));
}

let playing = null;

function sound(file, source, label) {
  const audio = h("audio", { src: source, preload: "metadata" });
  const length = h("span", { class: "length" }, file.seconds ? clock(file.seconds) : "");
  const button = h("button", { type: "button", "aria-label": label, "aria-pressed": "false" }, icon("play"));
  const whole = h("div", { class: "sound" }, button, icon("voice", "wave"), length, audio);
  const show = (on) => {
    whole.classList.toggle("playing", on);
    button.setAttribute("aria-pressed", String(on));
    button.replaceChildren(icon(on ? "stop" : "play"));
  };
  audio.addEventListener("loadedmetadata", () => {
    if (!file.seconds && isFinite(audio.duration)) length.textContent = clock(audio.duration);
  });
  audio.addEventListener("playing", () => show(true));
  audio.addEventListener("pause", () => show(false));
  audio.addEventListener("ended", () => show(false));
  audio.addEventListener("timeupdate", () => { length.textContent = clock(audio.paused && file.seconds ? file.seconds : audio.currentTime); });
  button.addEventListener("click", () => {
    if (!audio.paused) return audio.pause();
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    const started = audio.play();
    if (started) started.catch(() => whole.replaceWith(plain(file, label, file.url ? "" : source)));
  });
  return whole;
}

let opener = null;

function view(source, from) {
  opener = from;
  byId("viewer-image").src = source;
  byId("viewer").hidden = false;
  byId("viewer-close").focus();
}

export function closeViewer() {
  if (byId("viewer").hidden) return false;
  byId("viewer").hidden = true;
  byId("viewer-image").removeAttribute("src");
  if (opener) opener.focus();
  return true;
}

byId("viewer").addEventListener("click", closeViewer);
byId("viewer").addEventListener("keydown", (event) => { if (event.key === "Tab") event.preventDefault(); });
