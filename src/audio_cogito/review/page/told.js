// What is told on demand: the keys, and how far people and checks agree.

import * as dialogs from "./dialogs.js";
import { make } from "./elements.js";

const OF_ALL = [["A", "accept"], ["R", "reject, then a number for the reason and Enter"], ["E", "edit; Ctrl+Enter saves"], ["F", "flag for somebody else"],
  ["S", "skip: leave it to others"], ["B", "back to what you decided before"]];
const OF_SEEDS = [["N", "write a seed of your own; Ctrl+Enter adds it"]];
const OF_SAMPLES = [["Space", "play or pause"], ["← →", "two seconds back or on"], ["0", "to the start"], ["[ ]", "loop from here, loop to here"],
  ["L", "loop all, or no longer"], ["- +", "slower, faster"], ["I", "what is known of the sound"]];
const TO_READ = [["G", "agreement"], ["?", "these keys"], ["Esc", "close what is open"]];

export function help(kind) {
  const on = make("input", { type: "checkbox", checked: localStorage.getItem("review keys") !== "off",
    onchange: () => localStorage.setItem("review keys", on.checked ? "on" : "off") });
  const keys = [...OF_ALL, ...(kind === "seed" ? OF_SEEDS : OF_SAMPLES), ...TO_READ];
  return dialogs.tell("Keys", [make("dl", { class: "keys" }, keys.flatMap(([key, does]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)])),
    make("label", { class: "reason" }, on, "Single letters are keys"),
    kind === "seed" ? null : make("p", {}, "Drag over the pictures to loop a span; click a time in the chain to hear it.")]);
}

const percent = (estimate) => estimate ? `${(100 * estimate.value).toFixed(0)} % (${(100 * estimate.low).toFixed(0)} to ${(100 * estimate.high).toFixed(0)})` : "not known yet";
const number = (value) => value === null ? "–" : value.toFixed(2);

export function figures({ people, beside, counts, share }) {
  const by = Object.entries(counts.by).sort((a, b) => b[1] - a[1]);
  return dialogs.tell("Agreement", [
    make("h3", {}, "Between people"),
    people.subjects ? table(["Reviewers", "Judged by both", "Same", "Cohen’s κ"], people.pairs.map((pair) =>
      [pair.reviewers.join(" and "), pair.subjects, `${(100 * pair.same).toFixed(0)} %`, number(pair.kappa)]))
      : make("p", {}, `Nobody has judged the same item blindly yet; ${(100 * share).toFixed(0)} % of the items are dealt to two people.`),
    people.subjects ? make("p", {}, `Krippendorff’s α over ${people.subjects}: ${number(people.alpha)}. 1 is perfect, 0 is chance.`) : null,
    make("h3", {}, "The checks beside people"),
    beside.length ? table(["Check", "Both reject", "Check alone", "People alone", "Neither", "Precision", "Recall"], beside.map((one) =>
      [one.check, one.both, one.check_alone, one.people_alone, one.neither, percent(one.precision), percent(one.recall)]))
      : make("p", {}, "Nothing to compare yet."),
    beside.length ? make("p", {}, "Of rejections, with 95 % intervals. What was edited counts as rejected.") : null,
    make("h3", {}, "Decisions"),
    by.length ? table(["Reviewer", "Decisions"], by) : make("p", {}, "None yet."),
  ]);
}

const table = (head, rows) => make("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": head[0] }, make("table", {},
  make("thead", {}, make("tr", {}, head.map((name) => make("th", { scope: "col" }, name)))),
  make("tbody", {}, rows.map((row) => make("tr", {}, row.map((value, i) => i ? make("td", {}, String(value)) : make("th", { scope: "row" }, value)))))));
