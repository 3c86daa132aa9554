// The review page: one item after the other, each decided by a key or a button.

import * as dialogs from "./dialogs.js";
import { $, announce, make, toast } from "./elements.js";
import { figures, help } from "./told.js";
import { Player } from "./player.js";
import { asked, key, pending, send, sendLeftOver } from "./requests.js";
import { sample } from "./sample.js";
import { seed } from "./seed.js";
import { editSeed, newSeed } from "./writing.js";

const REFRESH = 120000;
const player = new Player();
const page = { who: localStorage.getItem("review who") ?? "", queue: "all", item: null, state: null, busy: false };
const SAID = { accept: "Accepted", reject: "Rejected", edit: "Edited", flag: "Flagged", add: "Added to the pool; B shows it" };

async function begin() {
  while (!page.who) page.who = (await dialogs.name("")) ?? "";
  localStorage.setItem("review who", page.who);
  const subject = location.hash.slice(1);
  const dealt = subject || pending().length ? null : asked("/api/next", { who: page.who, queue: page.queue, passing: null });
  dealt?.catch(() => null);
  await refresh();
  if (dealt) return void show((await dealt).item);
  for (const { decision, answer } of await sendLeftOver()) {
    if (answer.status !== 200) await refused(decision, answer);
    else if (decision.action === "add") unwritten().dropIf(decision.seed_now);
  }
  if (subject) await open(subject).catch(() => next());
  else await next();
}

async function refresh() {
  page.state = await asked(`/api/state?who=${encodeURIComponent(page.who)}`);
  document.title = `Review: ${page.state.title}`;
  $("title").textContent = page.state.title;
  $("add").hidden = page.state.kind !== "seed";
  $("who").textContent = page.who;
  $("who").setAttribute("aria-label", `You are ${page.who}: change the name`);
  count(page.state.counts);
  const { alpha, subjects } = page.state.people;
  $("alpha").textContent = subjects && alpha !== null ? `α ${alpha.toFixed(2)}` : "";
}

function count(counts) {
  page.state.counts = counts;
  $("progress").max = counts.subjects || 1;
  $("progress").value = counts.done;
  $("done").textContent = `${counts.done.toLocaleString()} of ${counts.subjects.toLocaleString()}`;
  $("queue").replaceChildren(...Object.entries(counts.queues).map(([queue, left]) =>
    make("option", { value: queue, selected: queue === page.queue }, `${queue} · ${left.toLocaleString()}`)));
}

async function next(passing = null) {
  const dealt = await asked("/api/next", { who: page.who, queue: page.queue, passing });
  count(dealt.counts);
  show(dealt.item);
}

async function open(subject) {
  show(await asked(`/api/item/${encodeURIComponent(subject)}?who=${encodeURIComponent(page.who)}`));
}

function show(item) {
  page.item = item;
  player.audio.pause();
  $("actions").hidden = !item;
  history.replaceState(null, "", item ? `#${item.subject}` : location.pathname);
  if (!item) {
    const heading = make("h1", { id: "heading", tabindex: "-1" }, "Nothing is waiting here.");
    $("main").replaceChildren(make("section", { class: "card empty" }, heading,
      make("p", {}, "Choose another queue above, or come back when somebody has flagged something.")));
  } else {
    const { reasons } = page.state;
    $("main").replaceChildren(page.state.kind === "seed" ? seed(item, reasons) : sample(item, player, reasons));
  }
  scrollTo(0, 0);
  $("heading").focus({ preventScroll: true });
}

const kept = (...names) => {
  const place = ["review draft", page.state.title, ...names].join(" ");
  return {
    load: () => JSON.parse(localStorage.getItem(place)),
    keep: (text) => localStorage.setItem(place, JSON.stringify(text)),
    drop: () => localStorage.removeItem(place),
    // Unless another tab has written on.
    dropIf: (text) => { if (localStorage.getItem(place) === JSON.stringify(text)) localStorage.removeItem(place); },
  };
};
const draft = () => kept(page.item.subject, page.item.version);
const unwritten = () => kept("new seed by", page.who);
const writing = (subject, draft) => ({
  vocabulary: page.state.vocabulary, draft, lint: (seed) => asked("/api/lint", { who: page.who, subject, seed }),
});

const questions = {
  accept: async () => ({}),
  reject: () => dialogs.rejection(page.state.reasons),
  flag: () => dialogs.flag(),
  edit: () => page.state.kind === "seed" ? editSeed(page.item.seed, writing(page.item.subject, draft())) : dialogs.editSample(page.item.text, draft()),
};

async function decide(action) {
  const { item } = page;
  const said = await questions[action]();
  if (!said) return;
  const begun = draft();
  const decision = { subject: item.subject, version: item.version, action, by: page.who, key: key(), ...said };
  const answer = await send(decision);
  if (answer.status !== 200) return void await refused(decision, answer);
  begun.drop();
  count(answer.said.counts);
  toast(`${SAID[action]}.`);
  await next();
  refresh();
}

// Somebody writes a seed of their own; the item that is shown stays.
async function add() {
  const begun = unwritten(), domain = page.item?.seed.domain ?? "";
  const said = await newSeed({ domain }, writing("", begun));
  if (!said) return;
  const decision = { subject: "", version: 0, action: "add", by: page.who, key: key(), ...said };
  const answer = await send(decision);
  if (answer.status !== 200) return void await refused(decision, answer);
  begun.dropIf(decision.seed_now);
  toast(`${SAID.add}.`);
  await refresh();
  if (!page.item) await next();
}

async function refused(decision, { status, said }) {
  if (status !== 409) return void toast(`Not taken: ${said.said}${decision.action === "add" ? ". It is kept: N opens it again" : ""}`);
  if (await dialogs.conflict(said.item, decision, page.state.reasons)) {
    const again = { ...decision, version: said.item.version, key: key() };
    const answer = await send(again);
    if (answer.status !== 200) return void await refused(again, answer);
    toast("Yours was added.");
  }
  await next();
  await refresh();
}

async function back() {
  await refresh();
  const recent = page.state.recent.map((one) => one.subject);
  const subject = recent[recent.indexOf(page.item?.subject) + 1];
  if (subject) await open(subject);
  else toast("There is nothing further back.");
}

async function rename() {
  const who = await dialogs.name(page.who);
  if (!who || who === page.who) return;
  page.who = who;
  localStorage.setItem("review who", who);
  await refresh();
  await next();
}

const facts = () => { const folded = $("facts"); if (folded) folded.open = !folded.open; };

const actions = {
  add, accept: () => decide("accept"), reject: () => decide("reject"), edit: () => decide("edit"), flag: () => decide("flag"),
  skip: () => next(page.item?.subject ?? null), back, figures: () => refresh().then(() => figures(page.state)), help: () => help(page.state.kind), who: rename,
  play: () => player.toggle(), left: () => player.nudge(-2), right: () => player.nudge(2), start: () => player.seek(0),
  loop: () => player.toggleLoop(), from: () => player.loopFrom(), to: () => player.loopTo(),
  slower: () => player.faster(-1), faster: () => player.faster(1), facts,
};

const KEYS = {
  a: "accept", r: "reject", e: "edit", f: "flag", s: "skip", b: "back", n: "add", i: "facts", g: "figures", "?": "help",
  " ": "play", ArrowLeft: "left", ArrowRight: "right", "0": "start", l: "loop", "[": "from", "]": "to", "-": "slower", "=": "faster", "+": "faster",
};
const OF_SAMPLES = new Set(["play", "left", "right", "start", "loop", "from", "to", "slower", "faster", "facts"]);
const OF_SEEDS = new Set(["add"]);
const WITHOUT_ITEM = new Set(["help", "figures", "who", "back", "add"]);

async function act(name) {
  if (page.busy || (!page.item && !WITHOUT_ITEM.has(name))) return;
  page.busy = true;
  try {
    await actions[name]();
  } catch (error) {
    toast(`That did not work: ${error.message}`);
  } finally {
    page.busy = false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { tagName } = event.target;
  if (["INPUT", "TEXTAREA", "SELECT"].includes(tagName)) return;
  if (event.key === " " && ["BUTTON", "SUMMARY", "A"].includes(tagName)) return;
  if (event.key.length === 1 && event.key !== "?" && localStorage.getItem("review keys") === "off") return;
  const name = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!name || (page.state?.kind === "seed" ? OF_SAMPLES : OF_SEEDS).has(name)) return;
  event.preventDefault();
  act(name);
});

for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => act(button.dataset.do));
for (const name of ["add", "figures", "who", "help"]) $(name).addEventListener("click", () => act(name));
$("queue").addEventListener("change", (event) => {
  page.queue = event.target.value;
  event.target.blur();
  next().catch((error) => toast(error.message));
});
addEventListener("hashchange", () => {
  const subject = location.hash.slice(1);
  if (/^(?:quote|finding)-\d+$/.test(subject)) history.replaceState(null, "", `#${page.item.subject}`);
  else if (subject && subject !== page.item?.subject) open(subject).catch((error) => toast(error.message));
});

// Shows how far others are by now and how all agree; keeps the item held while it is looked at, and says when somebody
// else has decided upon it.
setInterval(async () => {
  if (document.hidden || page.busy || !page.state) return;
  if (document.activeElement !== $("queue")) await refresh().catch(() => null);
  if (!page.item) return;
  const { subject, version } = page.item;
  const now = await asked(`/api/item/${encodeURIComponent(subject)}?who=${encodeURIComponent(page.who)}`).catch(() => null);
  if (now && now.version !== version && page.item?.subject === subject) announce("Somebody has decided upon this item meanwhile.");
}, REFRESH);

begin().catch((error) => toast(`The page cannot begin: ${error.message}`));
