// What the desk says of its own accord: a stream of events, or asking again and again where streams are held back.
"use strict";

const HELLO_MS = 8000; // a stream that is silent so long is held back by something in between
const SILENCE_MS = 50000; // the server beats every 20 s; after this the line is dead

export class Live {
  constructor(hooks) {
    this.hooks = hooks; // {state(name), history() -> Promise of the last line's id, line(line)}
    this.source = null;
    this.polling = false;
    this.cursor = null; // the last line the server told of; null: ask for all
    this.failures = 0;
    this.heard = 0;
    this.timer = 0;
    window.addEventListener("online", () => this.again(0));
    window.addEventListener("offline", () => this.lost());
    window.addEventListener("pageshow", (event) => { if (event.persisted) this.again(0); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - this.heard > 25000) this.again(0); });
    setInterval(() => { if (this.source && this.heard && Date.now() - this.heard > SILENCE_MS) this.again(0); }, 5000);
  }

  start() {
    this.drop();
    if (this.polling || !window.EventSource) return this.poll();
    const source = new EventSource("/chat/events");
    this.source = source;
    const patience = setTimeout(() => { if (this.source === source) { this.drop(); this.polling = true; this.poll(); } }, HELLO_MS);
    source.addEventListener("hello", () => {
      clearTimeout(patience);
      this.heard = Date.now();
      this.hooks.history().then(() => { this.failures = 0; this.hooks.state("live"); }, () => this.again());
    });
    source.addEventListener("beat", () => { this.heard = Date.now(); });
    source.addEventListener("line", (event) => { this.heard = Date.now(); this.take(JSON.parse(event.data)); });
    source.onerror = () => { clearTimeout(patience); if (this.source === source) this.again(); };
  }

  take(line) {
    this.hooks.line(line);
    fetch("/chat/shown", { method: "POST", headers: { "Content-Type": "application/json" }, credentials: "same-origin", body: JSON.stringify({ ids: [line.id] }) }).catch(() => {});
  }

  drop() {
    clearTimeout(this.timer);
    if (this.source) this.source.close();
    this.source = null;
    this.heard = 0;
  }

  lost() {
    this.hooks.state(navigator.onLine === false ? "offline" : "connecting");
  }

  again(seconds) {
    this.drop();
    this.lost();
    this.cursor = null;
    let pause = seconds !== undefined ? seconds : Math.min(30, Math.pow(2, this.failures)) * (0.75 + Math.random() / 2);
    if (document.hidden && seconds === undefined) pause = Math.max(pause, 30); // many pages of one person take turns
    this.failures += 1;
    this.timer = setTimeout(() => this.start(), pause * 1000);
  }

  poll() {
    if (this.cursor === null) {
      this.hooks.history().then((last) => { this.failures = 0; this.cursor = last; this.hooks.state("live"); this.ask(); }, () => this.again());
    } else this.ask();
  }

  ask() {
    const controller = window.AbortController ? new AbortController() : null;
    const patience = setTimeout(() => { if (controller) controller.abort(); }, SILENCE_MS);
    fetch("/chat/updates?after=" + encodeURIComponent(this.cursor), { credentials: "same-origin", cache: "no-store", signal: controller ? controller.signal : undefined })
      .then((response) => { if (!response.ok) throw new Error("status " + response.status); return response.json(); })
      .then((answer) => {
        clearTimeout(patience);
        answer.lines.forEach((line) => { this.cursor = line.id; if (line.who === "desk") this.take(line); else this.hooks.line(line); });
        this.timer = setTimeout(() => this.start(), 200);
      })
      .catch(() => { clearTimeout(patience); this.again(); });
  }
}
