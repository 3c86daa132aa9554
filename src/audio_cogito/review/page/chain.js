// A chain to be read: what a finding quotes is marked, times can be heard.

import { make } from "./elements.js";

const TIMES = /\b(?:(\d{1,2}):(\d{2}(?:\.\d+)?)|(\d{1,4}(?:\.\d+)?)(?:\s*(?:to|and|-|–)\s*(\d{1,4}(?:\.\d+)?))?\s*(?:seconds?|secs?|s))\b/gi;
const WORD = /[\p{L}\p{N}_]+/gu;

export function chain(text, findings, hear) {
  const paragraphs = text.split(/\n+/).filter((one) => one.trim());
  if (!paragraphs.length) return [make("p", { class: "none" }, "There is no reasoning.")];
  return paragraphs.map((one) => make("p", {}, marked(one, findings, hear)));
}

function marked(text, findings, hear) {
  const found = [];
  findings.forEach((finding, number) => {
    const place = find(text, finding.quote);
    if (place && !found.some((other) => place.from < other.to && other.from < place.to)) found.push({ ...place, number });
  });
  found.sort((a, b) => a.from - b.from);
  const parts = [];
  let at = 0;
  for (const { from, to, number } of found) {
    parts.push(...timed(text.slice(at, from), hear));
    parts.push(make("mark", { id: `quote-${number}`, class: "finding" }, timed(text.slice(from, to), hear),
      make("a", { href: `#finding-${number}`, class: "note", "aria-label": `Finding ${number + 1}` }, String(number + 1))));
    at = to;
  }
  return [...parts, ...timed(text.slice(at), hear)];
}

// By its words alone: those who quote do not copy every comma.
function find(text, quote) {
  const words = quote?.match(WORD);
  if (!words) return null;
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const match = new RegExp(escaped.join("[^\\p{L}\\p{N}_]+"), "iu").exec(text);
  return match ? { from: match.index, to: match.index + match[0].length } : null;
}

function timed(text, hear) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TIMES)) {
    const [said, minutes, rest, seconds, end] = match;
    const start = minutes === undefined ? Number(seconds) : 60 * Number(minutes) + Number(rest);
    parts.push(text.slice(at, match.index), make("button", {
      type: "button", class: "moment", "aria-label": `${said}: listen`, onclick: () => hear(start, end ? Number(end) : start + 1),
    }, said));
    at = match.index + said.length;
  }
  return [...parts, text.slice(at)];
}
