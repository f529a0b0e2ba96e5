// Telling a place: where the phone is now, or in words.
"use strict";

import { byId, notice, words } from "./page.js";

const ROUGH = 1000; // metres: less exact than this says nothing about a street

export class Place {
  constructor(sendPoint, sendWords) {
    this.sendPoint = sendPoint; // (latitude, longitude, accuracy)
    this.sendWords = sendWords; // (text)
    byId("place-here").addEventListener("click", () => this.here());
    byId("place-close").addEventListener("click", () => this.close());
    byId("place-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = byId("place-text").value.trim();
      if (!text) return byId("place-text").focus();
      byId("place-text").value = "";
      this.close();
      this.sendWords(text);
    });
  }

  open() {
    this.say(words("place.line"));
    byId("place").hidden = false;
    byId("place-here").focus();
  }

  close() {
    if (byId("place").hidden) return false;
    byId("place").hidden = true;
    byId("text").focus({ preventScroll: true });
    return true;
  }

  say(text) {
    byId("place-line").textContent = text;
  }

  busy(on) {
    byId("place-here").disabled = on;
    byId("place-here-text").textContent = words(on ? "place.finding" : "place.here");
  }

  here() {
    if (!navigator.geolocation || window.isSecureContext === false) return this.typed("place.failed");
    this.busy(true);
    navigator.geolocation.getCurrentPosition(
      (found) => {
        this.busy(false);
        if (byId("place").hidden) return;
        const { latitude, longitude, accuracy } = found.coords;
        if (accuracy > ROUGH) return this.typed("place.rough", { metres: Math.round(accuracy) });
        this.close();
        this.sendPoint(latitude, longitude, accuracy);
      },
      (error) => {
        this.busy(false);
        if (byId("place").hidden) return notice("");
        this.typed(error.code === 1 ? "place.denied" : "place.failed");
      },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 },
    );
  }

  typed(key, fields) {
    this.say(words(key, fields));
    byId("place-text").focus();
  }
}
