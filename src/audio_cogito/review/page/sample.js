// A sample of a build: its sound and question on one side, the chain and what the checks found on the other.

import { chain } from "./chain.js";
import { clock, make } from "./elements.js";

const WORDS = { accept: "accepted", reject: "rejected", edit: "edited", flag: "flagged", add: "written" };

export function sample(item, player, reasons) {
  const findings = item.verdicts.flatMap((verdict) => verdict.findings ?? []);
  const hear = (start, end) => player.hear(start, end);
  const lanes = () => player.say([
    { name: "the chain", kind: "claimed", said: item.claims.map((claim) => ({ ...claim, title: claim.quote })) },
    { name: "known", kind: "known", said: folded.open ? known(player.sound ?? item.sounds[0]) : [] },
  ]);
  const folded = facts(item, lanes);
  player.open(item.sounds).then(lanes);
  lanes();
  const shown = make("div", { class: "sample" },
    make("div", { class: "heard" }, player.element, question(item), folded),
    make("div", { class: "read" },
      make("section", { class: "card chain", "aria-label": "Chain" },
        make("h2", {}, "The chain ", make("small", {}, `by ${item.chain_by || "nobody known"}`), tag(item.checks)),
        chain(item.text.thinking, findings, hear),
        make("p", { class: "answer" }, make("span", { class: "label" }, "Answer "), item.text.answer,
          item.right === null ? null : make("span", { class: `tag ${item.right ? "accepted" : "rejected"}` }, item.right ? "is the key" : "is not the key"))),
      checks(item), draws(item), history(item.history, reasons)));
  for (const link of shown.querySelectorAll("a.note")) {
    if (!shown.querySelector(link.getAttribute("href"))) link.replaceWith(make("span", { class: "note" }, link.textContent));
  }
  return shown;
}

function question(item) {
  const { text } = item;
  const wrong = new Map(item.distractors.map((one) => [one.text, one.confusion]));
  const choices = text.choices.map((choice) => make("li", { class: choice === text.key ? "key" : null },
    make("span", {}, choice),
    choice === text.key ? make("strong", { class: "tag accepted" }, "key") : null,
    wrong.has(choice) ? make("small", {}, wrong.get(choice)) : null));
  const changed = JSON.stringify(item.text) !== JSON.stringify(item.original);
  return make("section", { class: "card question", "aria-label": "Question" },
    make("h1", { id: "heading", tabindex: "-1" }, text.question),
    choices.length ? make("ul", { class: "choices" }, choices) : make("p", {}, make("span", { class: "label" }, "Key "), make("strong", {}, text.key)),
    item.suspect_key ? make("p", { class: "fault" }, `Most draws say “${item.majority}”, which is not the key.`) : null,
    make("p", { class: "chips" }, [item.type, item.domain, item.skill, item.difficulty, item.language,
      item.pass_rate === null ? null : `${Math.round(100 * item.pass_rate)} % of draws right`,
      item.double ? "blind double review" : null, changed ? "edited" : null]
      .filter(Boolean).map((said) => make("span", { class: "chip" }, said))));
}

function facts(item, changed) {
  const lines = item.sounds.flatMap((sound, number) => [
    make("dt", {}, item.sounds.length > 1 ? `Sound ${number + 1}` : "Sound"),
    make("dd", {}, `${sound.name}, ${clock(sound.seconds)}, ${sound.source}, licence ${sound.licence ?? "not stated"}`),
    ...sound.facts.map((line) => make("dd", { class: "fact" }, line)),
  ]);
  const beside = [["Caption", item.caption ? [item.caption] : []], ["Evidence", item.evidence]]
    .flatMap(([name, said]) => said.length ? [make("dt", {}, name), ...said.map((one) => make("dd", {}, one))] : []);
  return make("details", { class: "card facts", id: "facts", ontoggle: changed },
    make("summary", {}, "What is known of the sound"), make("dl", {}, lines, beside,
      make("dt", {}, "Question by"), make("dd", {}, item.question_by || "nobody known")));
}

const known = (sound) => [...sound.events, ...sound.turns.filter((turn) => typeof turn.start === "number")
  .map((turn) => ({ ...turn, label: turn.speaker ? `${turn.speaker}: ${turn.text}` : turn.text }))];

function checks(item) {
  if (item.checks === null) return make("p", { class: "card hidden-findings" }, "What the checks found is shown once you have decided.");
  let number = 0;
  return make("section", { class: "card checks", "aria-label": "Checks" }, make("h2", {}, "What the checks say"),
    make("ul", {}, item.verdicts.map((verdict) => make("li", {},
      make("p", {}, tag({ pass: "accepted", fail: "rejected", unscored: "unscored" }[verdict.outcome], verdict.outcome), " ",
        make("strong", {}, verdict.check), verdict.by ? make("small", {}, ` by ${verdict.by}`) : null,
        verdict.reason ? ` ${verdict.reason}` : ""),
      (verdict.findings ?? []).map((finding) => one(finding, number++))))));
}

const one = (finding, number) => make("p", { class: "found", id: `finding-${number}` },
  make("a", { class: "note", href: `#quote-${number}`, "aria-label": `Finding ${number + 1}, to its words` }, String(number + 1)),
  make("span", { class: "kind" }, finding.kind.replaceAll("_", " ")),
  finding.quote ? make("q", {}, finding.quote) : null, finding.detail ? ` ${finding.detail}` : "");

function draws(item) {
  if (!item.draws.length) return null;
  return make("details", { class: "card" }, make("summary", {}, `${item.draws.length} other ${item.draws.length > 1 ? "draws" : "draw"} of this question`),
    make("ul", { class: "draws" }, item.draws.map((draw) => make("li", {},
      make("a", { href: `#${draw.subject}` }, draw.answer ?? "no readable answer"), tag(draw.checks),
      draw.said ? make("small", {}, ` a person: ${WORDS[draw.said]}`) : null))));
}

export function history(said, reasons) {
  if (!said.length) return null;
  return make("section", { class: "card history", "aria-label": "Decisions so far" }, make("h2", {}, "Decisions so far"),
    make("ol", {}, said.map((decision) => make("li", {}, describe(decision, reasons)))));
}

export function describe(decision, reasons) {
  const why = [reasons[decision.reason], decision.note].filter(Boolean).join(": ");
  return [tag({ accept: "accepted", reject: "rejected", edit: "edited", flag: "unscored", add: "accepted" }[decision.action], WORDS[decision.action]),
    ` by ${decision.by}`, decision.at ? make("time", { datetime: decision.at }, `, ${new Date(decision.at).toLocaleString()}`) : "",
    decision.before ? `, was ${decision.before}` : "", why ? make("q", {}, why) : null];
}

export const tag = (kind, words = kind) => kind ? make("span", { class: `tag ${kind}` }, words) : null;
