// The page: what a person does becomes messages, what the desk says becomes lines.
"use strict";

import { closeViewer, typeOf } from "./attachments.js";
import { Enclosed } from "./enclosed.js";
import { Live } from "./live.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { byId, notice, settings, words } from "./page.js";
import { Place } from "./place.js";
import { Voice } from "./voice.js";

const TYPED = "minsheng.typed";
const HELLO = "hello-page"; // one greeting per person, however often the page opens
const composer = byId("composer");
const box = byId("text");
let opened = false;

const log = new Log({ press, again: (line) => outbox.flush(line.item), edit, remove, ask: () => place.open() });
const outbox = new Outbox(showState, takeAnswer);
const enclosed = new Enclosed(fit);
const voice = new Voice((blob, seconds) => {
  const end = blob.type.indexOf("mp4") >= 0 ? "m4a" : blob.type.indexOf("ogg") >= 0 ? "ogg" : "webm";
  sendFile("", { blob, name: "voice." + end, field: "voice", seconds }, { type: "voice", url: URL.createObjectURL(blob), seconds });
});
const place = new Place(
  (latitude, longitude, accuracy) => send({ kind: "place", latitude, longitude, accuracy }),
  (text) => send({ kind: "text", text }),
);
const live = new Live({
  state: showConnection,
  history: loadHistory,
  line: (line) => log.put(line),
});

// What a person sends

function send(body, file, attachments) {
  closeTray();
  notice("");
  const item = outbox.add(body, file);
  showItem(item, attachments);
  outbox.next();
  return item;
}

function sendFile(text, file, attachment) {
  send({ kind: "attachment", text }, file, [attachment]);
}

function showItem(item, attachments) {
  const body = item.body;
  if (body.kind === "follow") return;
  const line = { id: body.key, who: "resident", at: item.at, text: body.text || "", attachments, local: true, state: item.state, item, press: body.press, progress: item.progress };
  if (body.kind === "place") line.place = { latitude: body.latitude, longitude: body.longitude };
  item.line = line;
  log.put(line);
}

function submit() {
  const text = wellFormed(box.value).trim();
  const files = enclosed.take();
  if (!text && !files.length) return;
  // The words go with the first file; each further file is a message of its own, so that a bad network costs one file.
  files.forEach((entry, index) => {
    const file = { blob: entry.file, name: entry.file.name, field: "file" };
    sendFile(index === 0 ? text : "", file, { type: typeOf(entry.file), name: entry.file.name, bytes: entry.file.size, url: entry.url });
  });
  if (!files.length) send({ kind: "text", text });
  box.value = "";
  fit();
  log.toEnd();
}

function press(line, choice, button) {
  if (line.busy) return;
  line.busy = true;
  button.classList.add("chosen");
  log.redraw(line);
  const item = send({ kind: "press", press: choice.token, text: choice.label });
  item.pressed = line;
  box.focus({ preventScroll: true });
}

function edit(line) {
  remove(line);
  box.value = line.text;
  fit();
  box.focus();
}

function remove(line) {
  outbox.remove(line.item);
  log.remove(line.id);
  release(line.item);
}

function release(item) {
  if (!item.pressed) return;
  item.pressed.busy = false;
  log.redraw(item.pressed);
}

function showState(item) {
  if (!item.line) return;
  Object.assign(item.line, { state: item.state, note: item.note, progress: item.file ? item.progress : undefined });
  log.redraw(item.line);
  if (item.state === "sending" && !item.file) log.typing(true);
  else if (item.state !== "sending") log.typing(false);
  if (item.state === "failed") release(item);
}

function takeAnswer(item, answer) {
  const line = item.line;
  if (line) {
    const problem = answer.problems.find(Boolean);
    Object.assign(line, { local: false, state: "", at: answer.at, note: problem ? words("problem." + problem) || words("files.problem") : "" });
    log.redraw(line);
  }
  release(item);
  if (answer.reply) log.put(answer.reply);
  else if (line) log.typing(true);
  if (item.body.kind === "follow" && !answer.reply && !log.lines.length) greet();
}

// What the desk says

async function loadHistory() {
  const response = await fetch("/chat/history", { credentials: "same-origin", cache: "no-store" });
  if (!response.ok) throw new Error("status " + response.status);
  const lines = (await response.json()).lines;
  const fresh = log.history(lines);
  if (fresh.some((line) => line.who === "desk")) log.typing(false);
  outbox.items.slice().forEach((item) => { if (lines.some((line) => line.id === item.body.key)) settled(item, lines); });
  if (!opened) {
    opened = true;
    outbox.restore().forEach((item) => { if (!item.line && !log.find(item.body.key)) showItem(item); });
    if (!lines.length && !outbox.items.length) outbox.add({ kind: "follow", key: HELLO });
  }
  outbox.flush();
  return lines.length ? lines[lines.length - 1].id : "";
}

// The desk has it, but the answer was lost on the way: the history holds both.
function settled(item, lines) {
  if (item.state !== "waiting") return;
  outbox.remove(item);
  const line = lines.find((other) => other.id === item.body.key);
  Object.assign(line, { local: false, state: "", note: "" });
  log.redraw(line);
  release(item);
}

function greet() {
  log.put({ id: "greeting", who: "desk", at: new Date().toISOString(), text: settings.greeting });
}

function showConnection(state) {
  const place_ = byId("status");
  if (place_.dataset.state === state) return;
  place_.dataset.state = state;
  byId("status-text").textContent = words("status." + state);
  if (!opened && state === "offline" && !log.lines.length) greet();
}

// The text box

function fit() {
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight + 2, 168) + "px";
  composer.classList.toggle("empty", !box.value.trim() && !enclosed.files.length);
  if (box.value.length > settings.text_limit * 0.9) notice(words("count", { n: box.value.length, limit: settings.text_limit }));
  try { sessionStorage.setItem(TYPED, box.value); } catch (error) { /* a browser that keeps nothing */ }
}

// A slip's code to scan leads here with number and code behind the #, which no server sees: they wait in the box.
function takeClaim() {
  const claim = /^#claim=(\d{6}-\d{5,9})\.(\d{6})$/.exec(location.hash);
  if (!claim) return;
  box.value = claim[1] + " " + claim[2];
  history.replaceState(null, "", location.pathname + location.search);
}

function wellFormed(text) {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(^|[^\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "$1\uFFFD");
}

function closeTray() {
  if (byId("tray").hidden) return false;
  byId("tray").hidden = true;
  byId("add").setAttribute("aria-expanded", "false");
  return true;
}

function start() {
  byId("log").replaceChildren(); // a browser too old for this keeps the plain page, which works
  document.documentElement.classList.add("scripted");
  composer.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  byId("add").addEventListener("click", () => {
    place.close();
    const open = byId("tray").hidden;
    byId("tray").hidden = !open;
    byId("add").setAttribute("aria-expanded", String(open));
    if (open) document.querySelector("#tray button").focus({ preventScroll: true });
  });
  byId("place-open").addEventListener("click", () => { closeTray(); place.open(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (voice.active) return voice.stop(false);
    if (!closeViewer() && !place.close() && closeTray()) byId("add").focus();
  });
  byId("pick-file").addEventListener("cancel", () => box.focus());
  try { if (!box.value) box.value = sessionStorage.getItem(TYPED) || ""; } catch (error) { /* a browser that keeps nothing */ }
  takeClaim();
  fit();
  showConnection(navigator.onLine === false ? "offline" : "connecting");
  if (window.visualViewport) {
    // Some phones put their keyboard over the page; the text box stays above it.
    visualViewport.addEventListener("resize", () => {
      const covered = window.innerHeight - visualViewport.height > 80 && visualViewport.scale < 1.05;
      document.body.style.height = covered ? visualViewport.height + "px" : "";
      if (covered) window.scrollTo(0, 0);
    });
  }
  if (navigator.cookieEnabled === false) notice(words("cookies"));
  live.start();
}

start();
