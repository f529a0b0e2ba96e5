// Three talks, one clock, and a script that anybody can follow. The server holds everything; this only shows it.

const page = JSON.parse(document.getElementById("page").textContent);
const words = (key) => page.words[key];
const found = (id) => document.getElementById(id);
const POLL_MS = 3000;
const LABEL = /^\[(.+)\]$/;
const narrow = matchMedia("(max-width: 60rem)");

let state = null;
let step = 0;
let busy = false;
const shown = {};
const parts = {};

for (const part of page.parts) {
  const section = found("part").content.cloneNode(true).querySelector("section");
  section.querySelector("h2").textContent = words(`demo.part.${part}`);
  const form = section.querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.text.value.trim();
    if (text) act({ act: "say", part, text }).then((done) => { if (done) form.elements.text.value = ""; });
  });
  section.querySelector(".photo").addEventListener("click", () => act({ act: "say", part, photo: true }));
  found("parts").append(section);
  parts[part] = section;
}

for (const button of document.querySelectorAll("[data-leap]")) {
  button.addEventListener("click", () => act({ act: "leap", leap: button.dataset.leap }));
}
found("restart").addEventListener("click", () => { step = 0; act({ act: "restart" }); });
found("over").addEventListener("click", () => { step += 1; guide(); follow(); });
found("step").addEventListener("click", async () => {
  const { who } = page.steps[step];
  const what = doing();
  const wanted = who === "clock" ? { act: "leap", leap: what } : { act: "say", part: who, ...said(who, what) };
  if (await act(wanted)) { step += 1; guide(); follow(); }
});

// What a step does: words, or [the beginning of a label] of something to tap. {number} is the newest ticket.
function doing() {
  return page.steps[step].do.replaceAll("{number}", state?.ticket ?? "");
}

function said(part, what) {
  const label = LABEL.exec(what);
  if (!label) return { text: what };
  for (const line of [...(state?.talks[part] ?? [])].reverse()) {
    for (const choice of line.choices ?? []) {
      if (choice.label.startsWith(label[1])) return { press: choice.token, text: choice.label };
    }
  }
  return { text: label[1] };
}

function guide() {
  const last = step >= page.steps.length;
  for (const id of ["who", "do", "step", "over"]) found(id).hidden = last;
  for (const [part, section] of Object.entries(parts)) {
    section.classList.toggle("turn", !last && page.steps[step].who === part);
  }
  found("where").textContent = last ? "" : `${step + 1}/${page.steps.length}`;
  if (last) { found("why").textContent = words("demo.done"); return; }
  const { who, why } = page.steps[step];
  found("who").textContent = who === "clock" ? words("demo.waits") : words(`demo.part.${who}`);
  found("why").textContent = why;
  found("do").textContent = who === "clock" ? document.querySelector(`[data-leap="${doing()}"]`).textContent : shownAs(doing());
}

function shownAs(what) {
  const label = LABEL.exec(what);
  return label ? words("demo.tap").replace("{label}", label[1]) : what;
}

// On a narrow screen only one talk is in sight: that of whoever comes next.
function follow() {
  for (const section of Object.values(parts)) toEnd(section);  // the guide above may have grown and left them less room
  const next = parts[page.steps[step]?.who];
  if (next && narrow.matches) next.scrollIntoView({ block: "end" });
}

async function act(fields) {
  if (busy) return false;
  busy = true;
  lock(true);
  try {
    const answer = await fetch("/demo/act", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Minsheng": "1" },
      body: JSON.stringify({ locale: page.locale, ...fields }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    found("notice").hidden = true;
    return true;
  } catch {
    found("notice").textContent = words("demo.failed");
    found("notice").hidden = false;
    return false;
  } finally {
    busy = false;
    lock(false);
  }
}

function lock(on) {
  for (const button of document.querySelectorAll("button")) button.disabled = on;
  document.body.setAttribute("aria-busy", String(on));
}

function show(fresh) {
  state = fresh;
  found("now").textContent = fresh.now;
  const unit = page.locale === "en" ? fresh.unit_en : fresh.unit;
  if (unit) {
    const small = document.createElement("small");
    small.textContent = ` ${unit}`;
    parts.handler.querySelector("h2").replaceChildren(words("demo.part.handler"), small);
  }
  for (const part of page.parts) talk(part, fresh.talks[part]);
  guide();
}

function talk(part, lines) {
  const now = JSON.stringify(lines);
  if (shown[part] === now) return;
  shown[part] = now;
  const log = parts[part].querySelector(".log");
  log.replaceChildren(...lines.map((line) => drawn(part, line)));
  toEnd(parts[part]);
}

function toEnd(section) {
  const log = section.querySelector(".log");
  log.scrollTop = log.scrollHeight;
}

function drawn(part, line) {
  const item = document.createElement("li");
  item.className = `line ${line.who === "desk" ? "desk" : "resident"}`;
  const bubble = document.createElement("div");
  bubble.className = "bubble";
  const photo = (line.attachments ?? []).length ? words("demo.photo") : "";
  bubble.textContent = [photo, line.text].filter(Boolean).join(" ");
  if (line.picture) {
    const link = document.createElement("a");
    link.href = line.picture.src;
    link.target = "_blank";
    const picture = document.createElement("img");
    picture.src = line.picture.src;
    picture.alt = line.picture.alt;
    picture.className = "drawn";
    link.append(picture);
    bubble.prepend(link);
  }
  item.append(bubble);
  if (line.choices?.length) {
    const choices = document.createElement("div");
    choices.className = "choices";
    for (const choice of line.choices) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = choice.label;
      button.addEventListener("click", () => act({ act: "say", part, press: choice.token, text: choice.label }));
      choices.append(button);
    }
    item.append(choices);
  }
  return item;
}

async function look() {
  if (busy || document.hidden) return;
  try {
    const answer = await fetch("/demo/state");
    if (answer.ok && !busy) show(await answer.json());
  } catch {
    // the next look may succeed
  }
}

guide();
look();
setInterval(look, POLL_MS);
