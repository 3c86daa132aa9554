// A seed question: its wording, what misleads, and what the lint says of it.

import { make } from "./elements.js";
import { history, tag } from "./sample.js";
import { brief } from "./writing.js";

export function seed(item, reasons) {
  const { seed: now, original } = item;
  const wrong = new Map(now.distractors.map((one) => [one.text, one.confusion]));
  return make("div", { class: "seed" }, [
    make("section", { class: "card question", "aria-label": "Seed question" },
      make("h1", { id: "heading", tabindex: "-1" }, now.text),
      now.options.length ? make("ul", { class: "choices" }, now.options.map((option) => make("li", {},
        make("span", {}, option), wrong.has(option) ? make("small", {}, `misleads: ${wrong.get(option)}`) : null))) : null,
      make("p", { class: "chips" }, [now.domain, now.skill, now.difficulty, now.form, now.language,
        item.double ? "blind double review" : null, JSON.stringify(now) !== JSON.stringify(original) ? "edited" : null]
        .filter(Boolean).map((said) => make("span", { class: "chip" }, said))),
      now.text === original.text ? null : make("p", { class: "was" }, make("span", { class: "label" }, "At first "), original.text)),
    make("section", { class: "card", "aria-label": "Provenance" },
      make("h2", {}, "Where it comes from ", tag(item.standing === "waiting" ? null : item.standing)),
      make("p", {}, `${item.provenance} · ${item.where}`),
      make("p", {}, item.reviewed.length ? `Reviewed before by ${item.reviewed.join(", ")}.`
        : item.author ? "It stands in the pool until somebody rejects it." : "No expert has reviewed it."),
      item.faults.length ? make("ul", { class: "faults", "aria-label": "The lint" }, item.faults.map((fault) => make("li", { class: "fault" }, brief(fault, now))))
        : make("p", { class: "none" }, "The lint finds nothing wrong with it.")),
    item.near.length ? make("details", { class: "card" }, make("summary", {}, "Others of its domain, skill and difficulty"),
      make("ul", { class: "near" }, item.near.map((text) => make("li", {}, text)))) : null,
    history(item.history, reasons)]);
}
