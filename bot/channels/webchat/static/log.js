// The talk: lines in order, each drawn once; of the lines with one slot only the newest is shown.
"use strict";

import { attachment } from "./attachments.js";
import { byId, h, icon, settings, words } from "./page.js";

const PAUSE = 5 * 60 * 1000; // a longer pause is marked with the time
const list = byId("log");
const newer = byId("newer");

export class Log {
  constructor(actions) {
    this.actions = actions; // {press, again, edit, remove, ask}
    this.lines = []; // {id, who, at, ...} in the order shown
    this.drawn = new Map(); // id -> element
    this.typingElement = h("li", { class: "typing", "aria-hidden": "true" }, icon("emblem", "avatar"), h("div", { class: "bubble" }, h("i"), h("i"), h("i")));
    this.typingTimer = 0;
    this.stuck = true;
    this.unread = 0;
    list.addEventListener("scroll", () => this.noticeScroll(), { passive: true });
    newer.addEventListener("click", () => this.toEnd());
    if (window.ResizeObserver) {
      const watcher = new ResizeObserver(() => { if (this.stuck) this.toEnd(); });
      watcher.observe(list);
      this.watcher = watcher;
    }
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.countUnread(0); });
  }

  find(id) {
    return this.lines.find((line) => line.id === id);
  }

  // A line that is new, or new about a line that is there already. Returns whether it was new.
  put(line) {
    const known = this.find(line.id);
    if (known) {
      Object.assign(known, line, known.attachments && known.attachments.some((file) => file.url) ? { attachments: known.attachments } : {});
      this.redraw(known);
      return false;
    }
    if (line.slot) this.lines.filter((old) => old.slot === line.slot).forEach((old) => this.remove(old.id));
    this.lines.push(line);
    const follow = this.stuck || line.who === "resident";
    this.append(line);
    this.markPast();
    if (line.who === "desk") {
      this.typing(false);
      if (document.hidden) this.countUnread(this.unread + 1);
    }
    if (follow) this.toEnd();
    else newer.hidden = false;
    return true;
  }

  // The talk as the server knows it. Lines of ours that it does not know yet stay, behind the others.
  history(lines) {
    const known = new Map(this.lines.map((line) => [line.id, line]));
    const theirs = new Set(lines.map((line) => line.id));
    const slots = new Set(lines.map((line) => line.slot).filter(Boolean));
    const first = lines.length ? lines[0].at : "";
    const missing = this.lines.filter((line) => !theirs.has(line.id) && !(line.slot && slots.has(line.slot)) && line.id !== "greeting");
    const early = missing.filter((line) => !line.local && first && line.at < first);
    const late = missing.filter((line) => early.indexOf(line) < 0);
    const fresh = lines.filter((line) => !known.has(line.id));
    for (const line of lines) {
      const before = known.get(line.id);
      if (before && before.attachments && before.attachments.some((file) => file.url)) line.attachments = before.attachments;
    }
    const same = this.lines.length === early.length + lines.length + late.length && !fresh.length;
    this.lines = early.concat(lines, late);
    if (same && this.drawn.size) return fresh;
    list.setAttribute("aria-live", "off");
    this.drawn.clear();
    list.replaceChildren();
    this.lines.forEach((line) => this.append(line));
    this.markPast();
    this.toEnd();
    setTimeout(() => list.setAttribute("aria-live", "polite"), 500);
    return fresh;
  }

  remove(id) {
    const element = this.drawn.get(id);
    if (element) {
      const before = element.previousElementSibling;
      const after = element.nextElementSibling;
      element.remove();
      if (before && before.className === "when" && (!after || after.className !== "line" && !after.classList.contains("line"))) before.remove();
    }
    this.drawn.delete(id);
    this.lines = this.lines.filter((line) => line.id !== id);
    this.markPast();
  }

  append(line) {
    const index = this.lines.indexOf(line);
    const before = index > 0 ? this.lines[index - 1] : null;
    const pause = !before || new Date(line.at) - new Date(before.at) > PAUSE || new Date(before.at).getDate() !== new Date(line.at).getDate();
    if (pause) list.append(h("li", { class: "when" }, h("time", { datetime: line.at }, when(line.at))));
    const element = this.draw(line, !pause && before && before.who === line.who);
    this.drawn.set(line.id, element);
    list.append(element);
    if (this.watcher) this.watcher.observe(element);
    if (this.typingElement.parentNode) list.append(this.typingElement);
  }

  redraw(line) {
    const old = this.drawn.get(line.id);
    if (!old) return;
    const state = old.querySelector(".state");
    const fresh = this.state(line);
    if (state) state.remove();
    if (fresh) old.querySelector(".stack").append(fresh);
    old.classList.toggle("unsent", Boolean(line.local));
    old.querySelectorAll(".choice").forEach((button) => { button.disabled = Boolean(line.busy); });
    if (this.stuck) this.toEnd();
  }

  draw(line, same) {
    const who = line.who === "desk" ? "desk" : "resident";
    const bubble = h("div", { class: "bubble" }, h("span", { class: "sr" }, words(who === "desk" ? "desk" : "you")));
    for (const file of line.attachments || []) {
      bubble.append(attachment(file));
      if ((file.type === "photo" || file.type === "video") && (file.url || file.state === "stored")) bubble.classList.add("bare");
    }
    if (line.picture) bubble.append(picture(line.picture));
    if (line.text) bubble.append(text(line.text));
    else if (line.place) bubble.append(h("p", { class: "place-line" }, icon("pin"), h("span", {}, words("place.sent"))));
    const stack = h("div", { class: "stack" }, bubble);
    if (line.choices && line.choices.length || line.ask === "place") stack.append(this.choices(line));
    const state = this.state(line);
    if (state) stack.append(state);
    const avatar = who === "desk" ? icon("emblem", "avatar") : null;
    return h("li", { class: "line " + who + (same ? " same" : "") + (line.local ? " unsent" : "") }, avatar, stack);
  }

  choices(line) {
    const group = h("div", { class: "choices", role: "group", "aria-label": words("choices") });
    for (const choice of line.choices || []) {
      group.append(h("button", { type: "button", class: "choice", onclick: (event) => this.actions.press(line, choice, event.currentTarget) }, choice.label));
    }
    if (line.ask === "place") group.append(h("button", { type: "button", class: "choice", onclick: () => this.actions.ask("place") }, words("place.ask")));
    return group;
  }

  state(line) {
    if (line.state === "sending" && line.progress !== undefined) {
      const bar = h("progress", { max: "1", value: String(line.progress), "aria-label": words("progress") });
      return h("div", { class: "state", "aria-live": "off" }, bar, h("button", { type: "button", onclick: () => this.actions.remove(line) }, words("remove")));
    }
    if (line.state === "sending") return h("div", { class: "state", "aria-live": "off" }, words("sending"));
    if (line.state !== "waiting" && line.state !== "failed") return line.note ? h("div", { class: "state bad" }, line.note) : null;
    const buttons = [h("button", { type: "button", onclick: () => this.actions.again(line) }, icon("retry"), words("again"))];
    if (line.state === "failed") {
      if (line.text && !line.press) buttons.push(h("button", { type: "button", onclick: () => this.actions.edit(line) }, words("edit")));
      buttons.push(h("button", { type: "button", onclick: () => this.actions.remove(line) }, words("remove")));
    }
    return h("div", { class: "state bad" }, h("span", {}, line.note || words(line.state)), ...buttons);
  }

  // Buttons of what has been talked past already stay usable, but step back.
  markPast() {
    let past = false;
    for (let i = this.lines.length - 1; i >= 0; i--) {
      const line = this.lines[i];
      const element = this.drawn.get(line.id);
      if (element && line.who === "desk") element.classList.toggle("past", past);
      if (line.who === "resident" || line.choices && line.choices.length) past = true;
    }
  }

  typing(on) {
    clearTimeout(this.typingTimer);
    if (!on) return this.typingElement.remove();
    list.append(this.typingElement);
    this.typingTimer = setTimeout(() => this.typing(false), 12000);
    if (this.stuck) this.toEnd();
  }

  toEnd() {
    list.scrollTop = list.scrollHeight;
    this.stuck = true;
    newer.hidden = true;
  }

  noticeScroll() {
    this.stuck = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    if (this.stuck) newer.hidden = true;
  }

  countUnread(count) {
    this.unread = count;
    const title = document.querySelector("h1").textContent;
    document.title = count ? words("unread", { n: count }) + " " + title : title;
  }
}

// Words in which web addresses can be tapped, and numbers such as "A-12-3" are not torn apart.
function text(said) {
  const paragraph = h("p", { class: "text" });
  const special = /https?:\/\/[\w\-.~:/?#@!$&*+=%]*[\w/#&=]|\b[A-Z0-9]{1,10}(?:-[A-Z0-9]{1,8}){1,3}\b/g;
  let end = 0;
  for (let match = special.exec(said); match; match = special.exec(said)) {
    const found = match[0];
    const shown = found.startsWith("http") ? h("a", { href: found, target: "_blank", rel: "noopener noreferrer" }, found) : h("span", { class: "whole" }, found);
    paragraph.append(said.slice(end, match.index), shown);
    end = match.index + found.length;
  }
  paragraph.append(said.slice(end));
  return paragraph;
}

// A picture the desk drew: as wide as the talk, and whole when tapped.
function picture(drawn) {
  return h("a", { href: drawn.src, target: "_blank", rel: "noopener" }, h("img", { class: "drawn", src: drawn.src, alt: drawn.alt }));
}

function when(at) {
  const moment = new Date(at);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  const time = moment.toLocaleTimeString(settings.locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (days === 0) return time;
  if (days === 1) return words("yesterday") + " " + time;
  return moment.toLocaleDateString(settings.locale, { month: "short", day: "numeric", year: days > 300 ? "numeric" : undefined }) + " " + time;
}
