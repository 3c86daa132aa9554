// What the page asks of its server. A decision stays in the browser's store until the server has it on disk, so that a
// lost connection, a reload or a closed tab loses none; its key makes sending it again harmless.

import { $, announce } from "./elements.js";

const OUTBOX = `review outbox ${location.host}`;
const RETRY = 2000;

export async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Cogito-Review": "1" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const said = answer.headers.get("content-type")?.startsWith("application/json")
    ? await answer.json()
    : { said: await answer.text() };
  return { status: answer.status, said };
}

export async function asked(path, body) {
  const { status, said } = await ask(path, body);
  if (status !== 200) throw new Error(said.said);
  return said;
}

export function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function pending() {
  try {
    return JSON.parse(localStorage.getItem(OUTBOX)) ?? [];
  } catch {
    return [];
  }
}

function keep(decisions) {
  localStorage.setItem(OUTBOX, JSON.stringify(decisions));
}

function banner(text) {
  $("banner").hidden = !text;
  $("banner").textContent = text;
}

// Sends a decision and says what became of it: { status, said } of 200, 409, 422 ...; tries while the server is away or
// cannot write.
export async function send(decision) {
  keep([...pending().filter((other) => other.key !== decision.key), decision]);
  for (;;) {
    try {
      const answer = await ask("/api/decide", decision);
      if (answer.status <= 500) {
        keep(pending().filter((other) => other.key !== decision.key));
        banner("");
        return answer;
      }
      banner(`${answer.said.said} Your decision is kept here and sent again.`);
    } catch {
      banner("The server cannot be reached. Your decision is kept here and sent again.");
    }
    await new Promise((later) => setTimeout(later, RETRY));
  }
}

// What an earlier page left unsent, each with the server's answer.
export async function sendLeftOver() {
  const sent = [];
  for (const decision of pending()) {
    const answer = await send(decision);
    if (answer.status === 200) announce("A decision that was not saved yet has been saved.");
    sent.push({ decision, answer });
  }
  return sent;
}

addEventListener("beforeunload", (event) => {
  if (pending().length) event.preventDefault();
});
