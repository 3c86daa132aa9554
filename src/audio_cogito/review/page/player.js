// The player: waveform and spectrogram, a span to be looped, the speed, and lanes with what is said to be when.

import { RATE, drawSpectrogram, drawWave } from "./drawing.js";
import { announce, clock, make } from "./elements.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const dark = matchMedia("(prefers-color-scheme: dark)");

export class Player {
  constructor() {
    this.loop = null;
    this.sound = null;
    this.samples = null;
    this.audio = make("audio", { preload: "auto" });
    this.wave = make("canvas", { class: "wave", "aria-hidden": "true" });
    this.spectrogram = make("canvas", { class: "spectrogram", "aria-hidden": "true" });
    this.head = make("div", { class: "head" });
    this.span = make("div", { class: "span", hidden: true });
    this.stage = make("div", {
      class: "stage", role: "slider", tabindex: "0", "aria-label": "Position in the sound", "aria-valuemin": "0",
    }, this.wave, this.spectrogram, this.span, this.head);
    this.lanes = make("div", { class: "lanes" });
    this.time = make("span", { class: "time" });
    this.button = make("button", { type: "button", class: "play", "aria-keyshortcuts": "Space", onclick: () => this.toggle() }, "Play");
    this.looping = make("button", { type: "button", class: "quiet", "aria-pressed": "false", "aria-keyshortcuts": "l", onclick: () => this.toggleLoop() }, "Loop");
    this.speed = make("select", { "aria-label": "Speed", onchange: () => this.setSpeed(Number(this.speed.value)) },
      SPEEDS.map((speed) => make("option", { value: speed, selected: speed === 1 }, `${speed}×`)));
    this.tabs = make("div", { class: "tabs", role: "group", "aria-label": "Sounds" });
    this.fault = make("p", { class: "fault", role: "alert", hidden: true });
    this.element = make("section", { class: "player", "aria-label": "Sound" }, this.tabs, this.stage, this.lanes, this.fault,
      make("div", { class: "controls" }, this.button, this.looping, this.speed, this.time), this.audio);
    this.listen();
  }

  listen() {
    for (const kind of ["play", "pause", "ended", "seeked", "timeupdate", "loadedmetadata"]) {
      this.audio.addEventListener(kind, () => this.update());
    }
    this.audio.addEventListener("play", () => this.follow());
    this.stage.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key];
      if (event.key === "Home") this.seek(0);
      else if (event.key === "End") this.seek(this.seconds);
      else if (by) this.seek(this.audio.currentTime + by * (event.shiftKey ? 0.2 : 1));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.stage.addEventListener("pointerdown", (event) => this.drag(event));
    new ResizeObserver(() => this.draw()).observe(this.stage);
    dark.addEventListener("change", () => this.draw());
  }

  async open(sounds) {
    this.audio.pause();
    this.tabs.replaceChildren(...(sounds.length > 1 ? sounds : []).map((sound, i) => make("button",
      { type: "button", class: "quiet", "aria-pressed": String(i === 0), onclick: () => this.choose(sounds, i) }, `Sound ${i + 1}`)));
    if (sounds.length) await this.choose(sounds, 0);
  }

  async choose(sounds, number) {
    [...this.tabs.children].forEach((tab, i) => tab.setAttribute("aria-pressed", String(i === number)));
    const sound = sounds[number];
    this.sound = sound;
    this.loop = null;
    this.samples = null;
    this.fault.hidden = true;
    this.audio.src = `/sound/${sound.id}`;
    this.setSpeed(Number(this.speed.value));
    this.update();
    try {
      const answer = await fetch(this.audio.src);
      if (!answer.ok) throw new Error(answer.status === 404 ? "its file is not in the store" : `the server says ${answer.status}`);
      const heard = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await answer.arrayBuffer());
      if (this.sound !== sound) return;
      this.samples = heard.getChannelData(0);
      this.draw();
    } catch (error) {
      this.fault.textContent = `This sound cannot be shown: ${error.message}.`;
      this.fault.hidden = false;
    }
  }

  get seconds() {
    return this.audio.duration || this.sound?.seconds || 0;
  }

  draw() {
    if (!this.samples || !this.stage.clientWidth) return;
    drawWave(this.wave, this.samples, getComputedStyle(this.stage).getPropertyValue("--wave"));
    drawSpectrogram(this.spectrogram, this.samples, dark.matches ? "dark" : "light");
  }

  // Claims and known events under the pictures; each seeks to its time and loops it.
  say(lanes) {
    const seconds = this.sound?.seconds || 1;
    this.second = (this.lanes.clientWidth || 560) / seconds;
    this.lanes.replaceChildren(...lanes.filter((lane) => lane.said.length).map((lane) => make("div",
      { class: `lane ${lane.kind}` }, make("span", { class: "name" }, lane.name),
      make("div", { class: "rows" }, rows(lane.said, (one) => this.end(one)).map((row) => make("div", { class: "row" }, row.map((one) => this.mark(one, seconds))))))));
  }

  mark(said, seconds) {
    const end = said.end ?? Math.min(seconds, said.start + 0.6);
    const button = make("button", {
      type: "button", class: said.end ? "mark" : "mark from", title: said.title ?? said.label,
      "aria-label": `${said.label}, ${clock(said.start)}${said.end ? ` to ${clock(said.end)}` : ""}: listen`,
      onclick: () => this.hear(said.start, end),
    }, said.label);
    button.style.left = `${(100 * Math.max(0, said.start)) / seconds}%`;
    button.style.width = `${(100 * (this.end(said) - said.start)) / seconds}%`;
    return button;
  }

  // Where a mark ends, in seconds: what it says has to fit in.
  end(said) {
    return Math.max(said.end ?? 0, said.start + Math.min(24, said.label.length) * (7.5 / this.second) + 16 / this.second);
  }

  hear(start, end) {
    this.setLoop(Math.max(0, start - 0.1), Math.min(this.seconds, end + 0.1));
    this.seek(this.loop.start);
    this.play();
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  play() {
    this.audio.play().catch((error) => { if (error.name !== "AbortError") announce("This sound cannot be played."); });
  }

  seek(seconds) {
    this.audio.currentTime = Math.max(0, Math.min(this.seconds, seconds));
    this.update();
  }

  nudge(seconds) {
    this.seek(this.audio.currentTime + seconds);
  }

  setSpeed(speed) {
    this.speed.value = speed;
    this.audio.playbackRate = speed;
    this.audio.defaultPlaybackRate = speed;
  }

  faster(by) {
    const now = SPEEDS.indexOf(Number(this.speed.value));
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, now + by))]);
    announce(`Speed ${this.speed.value}`);
  }

  setLoop(start, end) {
    this.loop = end - start > 0.05 ? { start, end } : null;
    this.update();
  }

  toggleLoop() {
    if (this.loop) this.loop = null;
    else this.loop = { start: 0, end: this.seconds };
    announce(this.loop ? "Looping" : "Not looping");
    this.update();
  }

  loopFrom() {
    const start = this.audio.currentTime;
    this.setLoop(start, this.loop && this.loop.end > start ? this.loop.end : this.seconds);
    announce(`Loop from ${clock(start)}`);
  }

  loopTo() {
    const end = this.audio.currentTime;
    this.setLoop(this.loop && this.loop.start < end ? this.loop.start : 0, end);
    announce(`Loop to ${clock(end)}`);
  }

  drag(event) {
    const box = this.stage.getBoundingClientRect();
    const at = (e) => Math.max(0, Math.min(1, (e.clientX - box.left) / box.width)) * this.seconds;
    const from = at(event);
    const far = (e) => Math.abs(e.clientX - event.clientX) > 6;
    const move = (e) => { if (far(e)) this.setLoop(Math.min(from, at(e)), Math.max(from, at(e))); };
    const up = (e) => {
      this.stage.removeEventListener("pointermove", move);
      if (!far(e)) this.seek(from);
      else if (this.loop) this.seek(this.loop.start);
    };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", move);
    this.stage.addEventListener("pointerup", up, { once: true });
  }

  follow() {
    const step = () => {
      this.update();
      if (!this.audio.paused) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  update() {
    const now = this.audio.currentTime, seconds = this.seconds || 1;
    if (this.loop && !this.audio.paused && (now >= this.loop.end || now < this.loop.start - 0.3)) {
      this.audio.currentTime = this.loop.start;
    }
    if (this.loop && this.audio.ended) this.hear(this.loop.start + 0.1, this.loop.end - 0.1);
    this.head.style.left = `${(100 * now) / seconds}%`;
    this.span.hidden = !this.loop;
    if (this.loop) {
      this.span.style.left = `${(100 * this.loop.start) / seconds}%`;
      this.span.style.width = `${(100 * (this.loop.end - this.loop.start)) / seconds}%`;
    }
    this.button.textContent = this.audio.paused ? "Play" : "Pause";
    this.looping.setAttribute("aria-pressed", String(Boolean(this.loop)));
    this.looping.textContent = this.loop ? `Loop ${clock(this.loop.start)} – ${clock(this.loop.end)}` : "Loop";
    this.time.textContent = `${clock(now)} of ${clock(this.seconds)}`;
    this.stage.setAttribute("aria-valuemax", seconds.toFixed(1));
    this.stage.setAttribute("aria-valuenow", now.toFixed(1));
    this.stage.setAttribute("aria-valuetext", this.time.textContent);
  }
}

// What overlaps stands in rows of its own.
function rows(said, endOf) {
  const found = [];
  for (const one of [...said].sort((a, b) => a.start - b.start)) {
    const end = endOf(one);
    const free = found.find((row) => row.end <= one.start);
    if (free) {
      free.said.push(one);
      free.end = end;
    } else found.push({ end, said: [one] });
  }
  return found.map((row) => row.said);
}
