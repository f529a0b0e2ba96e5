// What the server put into the page: its texts and settings; and the shortest way to make elements.
"use strict";

const given = JSON.parse(document.getElementById("page").textContent);

export const settings = given;

export function words(key, fields) {
  let text = given.words[key];
  for (const name in fields || {}) text = text.split("{" + name + "}").join(String(fields[name]));
  return text;
}

export function byId(id) {
  return document.getElementById(id);
}

// h("p", {class: "x", onclick: f}, "text", child): text is always text, never markup.
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const name in attributes || {}) {
    const value = attributes[name];
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined && child !== "") element.append(child);
  return element;
}

export function icon(name, className) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  if (className) svg.setAttribute("class", className);
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", "#icon-" + name);
  svg.append(use);
  return svg;
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
}

export function size(bytes) {
  return bytes < 1048576 ? Math.max(1, Math.round(bytes / 1024)) + " KB" : (bytes / 1048576).toFixed(1) + " MB";
}

let noticeTimer = 0;
export function notice(text) {
  const place = byId("notice");
  clearTimeout(noticeTimer);
  place.textContent = text;
  place.hidden = !text;
  if (text) noticeTimer = setTimeout(() => { place.hidden = true; }, 9000);
}
