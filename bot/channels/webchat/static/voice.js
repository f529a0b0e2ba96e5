// Recording a voice: tap to start and tap to send, or hold and let go; slide up while holding to cancel.
"use strict";

import { byId, clock, notice, words } from "./page.js";

const LONGEST = 180; // seconds
const HOLD_MS = 500;
const SLIDE = 70; // pixels upwards
const KINDS = ["audio/mp4", "audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/webm"];

export class Voice {
  constructor(send) {
    this.send = send; // (blob, seconds)
    this.recorder = null;
    this.starting = false;
    this.held = false;
    this.pressedAt = 0;
    this.startY = 0;
    const mic = byId("mic");
    mic.addEventListener("pointerdown", (event) => this.press(event));
    mic.addEventListener("click", (event) => { if (event.detail === 0) this.start(); }); // keyboard, screen reader
    mic.addEventListener("contextmenu", (event) => event.preventDefault());
    document.addEventListener("pointermove", (event) => this.slide(event));
    document.addEventListener("pointerup", () => this.release());
    document.addEventListener("pointercancel", () => { this.held = false; this.hint(); });
    byId("voice-cancel").addEventListener("click", () => this.stop(false));
    byId("voice-send").addEventListener("click", () => this.stop(true));
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.recorder) this.pause(); });
  }

  get active() {
    return Boolean(this.recorder);
  }

  press(event) {
    if (event.button) return;
    event.preventDefault();
    if (event.target.releasePointerCapture && event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
    this.held = true;
    this.pressedAt = Date.now();
    this.startY = event.clientY;
    this.start();
  }

  slide(event) {
    if (!this.held || !this.recorder) return;
    byId("recorder").classList.toggle("leaving", this.startY - event.clientY > SLIDE);
  }

  release() {
    if (!this.held) return;
    this.held = false;
    if (!this.recorder || Date.now() - this.pressedAt < HOLD_MS) return this.hint();
    this.stop(!byId("recorder").classList.contains("leaving"));
  }

  hint() {
    byId("voice-hint").textContent = words(this.full ? "voice.limit" : this.held ? "voice.hold" : "voice.tap");
  }

  async start() {
    if (this.recorder || this.starting) return;
    if (!window.MediaRecorder || !navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
      this.held = false;
      return notice(words("voice.unavailable"));
    }
    this.starting = true;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    } catch (error) {
      this.held = false;
      return notice(words(error && (error.name === "NotAllowedError" || error.name === "SecurityError") ? "voice.denied" : "voice.unavailable"));
    } finally {
      this.starting = false;
    }
    const kind = KINDS.find((name) => MediaRecorder.isTypeSupported && MediaRecorder.isTypeSupported(name));
    const pieces = [];
    let recorder;
    try {
      recorder = new MediaRecorder(stream, kind ? { mimeType: kind, audioBitsPerSecond: 32000 } : undefined);
      recorder.start(1000);
    } catch (error) {
      stream.getTracks().forEach((track) => track.stop());
      return notice(words("voice.unavailable"));
    }
    recorder.ondataavailable = (event) => { if (event.data && event.data.size) pieces.push(event.data); };
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      if (!this.wanted) return;
      if (this.seconds < 0.8 || !pieces.length) return notice(words("voice.short"));
      this.send(new Blob(pieces, { type: (recorder.mimeType || kind || "audio/webm").split(";")[0] }), this.seconds);
    };
    this.recorder = recorder;
    this.seconds = 0;
    this.full = false;
    this.before = performance.now();
    this.ticker = setInterval(() => this.tick(), 200);
    byId("composer").hidden = true;
    byId("recorder").hidden = false;
    byId("recorder").classList.remove("leaving");
    this.tick();
    this.hint();
    if (!this.held) byId("voice-send").focus();
  }

  tick() {
    const now = performance.now();
    if (this.recorder && this.recorder.state === "recording") this.seconds += (now - this.before) / 1000;
    this.before = now;
    byId("voice-time").textContent = clock(Math.floor(this.seconds));
    if (this.seconds >= LONGEST && !this.full) { this.full = true; this.pause(); }
  }

  // Nothing is lost when the time is up or the page goes to the background: it waits to be sent.
  pause() {
    this.tick();
    if (this.recorder.state === "recording" && this.recorder.pause) this.recorder.pause();
    this.hint();
    if (!this.full) this.full = true;
  }

  stop(wanted) {
    if (!this.recorder) return;
    this.tick();
    clearInterval(this.ticker);
    this.wanted = wanted;
    const recorder = this.recorder;
    this.recorder = null;
    this.held = false;
    if (recorder.state !== "inactive") recorder.stop();
    byId("recorder").hidden = true;
    byId("composer").hidden = false;
    byId("text").focus({ preventScroll: true });
  }
}
