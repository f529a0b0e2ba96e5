// Messages on their way out: one after the other, again until the desk has them, always under the same key.
"use strict";

import { newKey, words } from "./page.js";

const KEPT = "minsheng.outbox";
const PAUSES = [1, 2, 5, 10, 20, 30]; // seconds before each new try
const ANSWER_MS = 40000; // longest wait for an answer
const STALL_MS = 60000; // longest pause inside an upload

export class Outbox {
  constructor(changed, answered) {
    this.changed = changed; // (item): its state is different now
    this.answered = answered; // (item, answer): the desk has it
    this.items = [];
    this.busy = false;
    this.request = null;
    this.timer = 0;
    this.tries = 0;
    window.addEventListener("online", () => this.flush());
    window.addEventListener("beforeunload", (event) => {
      if (this.items.some((item) => item.file)) { event.preventDefault(); event.returnValue = ""; }
    });
  }

  // Words that were not sent when the page was last closed.
  restore() {
    let kept = [];
    try { kept = JSON.parse(localStorage.getItem(KEPT) || "[]"); } catch (error) { kept = []; }
    for (const item of kept) {
      if (item && item.body && typeof item.body.key === "string") this.items.push({ body: item.body, at: item.at, state: "waiting" });
    }
    return this.items;
  }

  // body: the fields of the message without its key. file: {blob, name, field, seconds}, or nothing.
  add(body, file) {
    const item = { body: Object.assign({ key: newKey() }, body), file: file || null, at: new Date().toISOString(), state: "sending" };
    if (file) item.progress = 0;
    this.items.push(item);
    this.keep();
    return item;
  }

  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    this.keep();
    if (this.request && this.request.item === item) this.request.abort();
  }

  keep() {
    const kept = this.items.filter((item) => !item.file && item.state !== "failed").map((item) => ({ body: item.body, at: item.at }));
    try { localStorage.setItem(KEPT, JSON.stringify(kept)); } catch (error) { /* a browser that keeps nothing */ }
  }

  // Send now whatever waits; with an item, try that one again even if it had failed for good.
  flush(item) {
    clearTimeout(this.timer);
    this.tries = 0;
    if (item) { item.state = "waiting"; item.note = ""; }
    this.next();
  }

  next() {
    if (this.busy) return;
    const item = this.items.find((other) => other.state !== "failed");
    if (!item) return;
    this.busy = true;
    item.state = "sending";
    item.note = "";
    this.changed(item);
    this.post(item);
  }

  post(item) {
    const request = new XMLHttpRequest();
    request.item = item;
    this.request = request;
    let stall = 0;
    let over = false;
    const end = (outcome, answer, wait) => {
      if (over) return;
      over = true;
      clearTimeout(stall);
      this.request = null;
      this.busy = false;
      this.settle(item, outcome, answer, wait);
    };
    const watch = (ms) => { clearTimeout(stall); stall = setTimeout(() => request.abort(), ms); };
    request.open("POST", "/chat/messages");
    request.setRequestHeader("X-Minsheng", "1");
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch (error) { answer = null; }
      const wait = Number(request.getResponseHeader("Retry-After")) || 0;
      if (request.status === 200 && answer) end("taken", answer);
      else if (request.status >= 400 && request.status < 500 && request.status !== 408 && request.status !== 429) end("refused", answer);
      else end("later", answer, wait);
    };
    request.onerror = request.ontimeout = request.onabort = () => end("later", null, 0);
    watch(item.file ? STALL_MS : ANSWER_MS);
    if (!item.file) {
      request.setRequestHeader("Content-Type", "application/json");
      request.send(JSON.stringify(item.body));
      return;
    }
    request.upload.onprogress = (event) => {
      watch(STALL_MS);
      item.progress = event.total ? event.loaded / event.total : 0;
      this.changed(item);
    };
    const form = new FormData();
    form.append("key", item.body.key);
    if (item.body.text) form.append("text", item.body.text);
    if (item.file.seconds) form.append("seconds", String(Math.round(item.file.seconds)));
    form.append(item.file.field, item.file.blob, item.file.name);
    request.send(form);
  }

  settle(item, outcome, answer, wait) {
    const told = answer && answer.error ? answer.error.message : "";
    if (this.items.indexOf(item) < 0) return this.next(); // taken back meanwhile
    if (outcome === "taken") {
      this.tries = 0;
      this.items = this.items.filter((other) => other !== item);
      this.keep();
      this.answered(item, answer);
      return this.next();
    }
    if (outcome === "refused") {
      item.state = "failed";
      item.note = told;
      this.keep();
      this.changed(item);
      return this.next();
    }
    item.state = "waiting";
    item.note = told || words("error.network");
    for (const other of this.items) if (other.state === "sending") other.state = "waiting";
    this.items.forEach(this.changed);
    const pause = Math.max(wait || 0, PAUSES[Math.min(this.tries, PAUSES.length - 1)]);
    this.tries += 1;
    this.timer = setTimeout(() => this.next(), pause * 1000 * (1 + Math.random() / 4));
  }
}
