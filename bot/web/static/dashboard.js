/* Looks again while the page can be seen, and puts in what has changed; charts and what is scrolled stay as they are. */
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  let timer = 0, busy = false, failed = 0;

  const sections = (part) => [...part.querySelectorAll("section[id], [data-live]")].map((each) => each.id || each.dataset.live).join(" ");
  const clean = (text) => text.replace(/(?:\?|&amp;|&)live=1/g, "");

  function putIn(old, fresh) {
    if (old.innerHTML === fresh.innerHTML) return false;
    const held = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    old.innerHTML = fresh.innerHTML;
    if (held) [...old.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus();
    return true;
  }

  function take(page) {
    for (const part of live.querySelectorAll("[data-part]")) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!fresh) continue;
      if (sections(part) !== sections(fresh)) {
        part.innerHTML = fresh.innerHTML;
        continue;
      }
      const those = [...fresh.querySelectorAll("[data-live]")];
      [...part.querySelectorAll("[data-live]")].forEach((each, place) => {
        each.hidden = those[place].hidden;
        putIn(each, those[place]);
      });
    }
    live.dataset.seconds = page.getElementById("live").dataset.seconds;
    document.dispatchEvent(new Event("looked-again"));
  }

  async function look() {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const address = new URL(location.href);
      address.searchParams.set("live", "1");
      address.searchParams.delete("said");
      const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(clean(await answer.text()), "text/html");
        if (page.getElementById("live")) take(page);
        failed = 0;
      } else if (answer.status < 500) {
        return; // signed out, or not theirs any more: the page stays as it was
      } else {
        failed += 1;
      }
    } catch {
      failed += 1;
    } finally {
      busy = false;
    }
    again();
  }

  function again() {
    clearTimeout(timer);
    const seconds = Number(live.dataset.seconds);
    if (seconds > 0 && !document.hidden) timer = setTimeout(look, seconds * 1000 * Math.min(2 ** failed, 16));
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
  again();
})();
