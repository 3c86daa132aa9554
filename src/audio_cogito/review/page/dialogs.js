// What is asked before a decision is taken, and what is shown on demand. Each resolves to what was said, or to null.

import { make } from "./elements.js";
import { describe } from "./sample.js";

// `read` says what was said, at once or after asking the server; what it throws is shown, and the dialog stays.
export function ask(title, body, submit, read, more = {}) {
  return new Promise((answer) => {
    const said = make("p", { class: "fault", role: "alert", hidden: true });
    const form = make("form", { method: "dialog" }, make("h2", { id: "dialog-title" }, title), body, said,
      make("div", { class: "buttons" }, more.told ? null : make("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"),
        make("button", { type: "submit", class: more.kind ?? "accept", autofocus: more.told }, submit)));
    const dialog = make("dialog", { "aria-labelledby": "dialog-title", class: more.wide ? "wide" : null }, form);
    let found = null, reading = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (reading) return;
      reading = true;
      said.hidden = true;
      try {
        found = await read(form);
        dialog.close();
      } catch (error) {
        said.textContent = error instanceof TypeError ? "The server cannot be reached. What you wrote is kept here." : error.message;
        said.hidden = false;
        said.scrollIntoView({ block: "end" });
      } finally {
        reading = false;
      }
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      more.key?.(event, form);
    });
    if (more.input) form.addEventListener("input", () => more.input(form));
    dialog.addEventListener("close", () => { dialog.remove(); answer(found); });
    document.body.append(dialog);
    dialog.showModal();
    more.opened?.(form);
    form.querySelector("[autofocus]")?.focus();
  });
}

export const field = (name, label, value, rows = 1, hint = null, more = {}) => make("label", { class: "field" }, label, hint ? make("small", {}, ` ${hint}`) : null,
  rows > 1 ? make("textarea", { name, rows, spellcheck: "true", ...more }, value) : make("input", { name, value, autocomplete: "off", ...more }));

export const pick = (name, label, value, options) => make("label", { class: "field" }, label,
  make("select", { name }, options.map((option) => make("option", { selected: option === value }, option))));

export const note = (value = "", focus = false) => make("label", { class: "field" }, "In your words ", make("small", {}, "(optional)"),
  make("textarea", { name: "note", rows: 2, autofocus: focus }, value));

export function name(known) {
  return ask("Who reviews?", [make("p", {}, "Your name stands with every decision that you take."),
    make("label", { class: "field" }, "Name", make("input", { name: "name", value: known, required: true, maxlength: 60, autocomplete: "name", autofocus: true }))],
    "Begin", (form) => {
      const said = form.elements.name.value.trim();
      if (!said) throw new Error("A name is needed.");
      if (/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(said)) throw new Error("A name has no control characters.");
      return said;
    });
}

export function rejection(reasons) {
  const names = Object.keys(reasons);
  const body = [make("fieldset", {}, make("legend", {}, "Why?"), names.map((reason, i) => make("label", { class: "reason" },
    make("input", { type: "radio", name: "reason", value: reason, autofocus: i === 0 }), make("kbd", { "aria-hidden": "true" }, String(i + 1)), reasons[reason]))), note()];
  return ask("Reject", body, "Reject", (form) => {
    const reason = form.elements.reason.value;
    if (!reason) throw new Error("Choose a reason: a number key picks one.");
    return { reason, note: form.elements.note.value.trim() };
  }, {
    kind: "reject",
    key: (event, form) => {
      const radio = event.target.tagName !== "TEXTAREA" && form.elements.reason[Number(event.key) - 1];
      if (radio) { radio.checked = true; radio.focus(); event.preventDefault(); }
      if (event.key === "Enter" && event.target.type === "radio") { event.preventDefault(); form.requestSubmit(); }
    },
  });
}

export function flag() {
  return ask("Flag for somebody else", [make("p", {}, "It is held back until somebody decides."), note("", true)], "Flag",
    (form) => ({ note: form.elements.note.value.trim() }));
}

export const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

export function editSample(text, draft) {
  const now = draft.load() ?? text;
  const read = (form) => ({
    question: form.elements.question.value.trim(), choices: lines(form.elements.choices.value), key: form.elements.key.value.trim(),
    thinking: form.elements.thinking.value, answer: form.elements.answer.value.trim(),
  });
  return ask("Edit", [field("question", "Question", now.question, 2), field("choices", "Choices", now.choices.join("\n"), 4, "one a line; none for a free answer"),
    field("key", "Key", now.key, 1, "one of the choices, word for word"), field("thinking", "Chain", now.thinking, 12), field("answer", "Answer", now.answer, 2), note()],
  "Save the edit", (form) => ({ now: changed(read(form), text), note: form.elements.note.value.trim() }),
  { wide: true, input: (form) => draft.keep(read(form)) });
}

export function changed(now, before) {
  if (JSON.stringify(now) === JSON.stringify(before)) throw new Error("Nothing was changed: accept it instead.");
  return now;
}

// Somebody was quicker: what they said, and what was about to be said.
export function conflict(item, yours, reasons) {
  const since = item.history.slice(yours.version);
  const words = (text) => text ? make("dl", { class: "words" }, Object.entries(text).flatMap(([key, value]) =>
    [make("dt", {}, key), make("dd", {}, typeof value === "string" ? value : JSON.stringify(value))])) : null;
  const body = make("div", { class: "both" },
    make("section", {}, make("h3", {}, "Decided meanwhile"), since.map((one) => make("div", {}, make("p", {}, describe(one, reasons)), words(one.now ?? one.seed_now)))),
    make("section", {}, make("h3", {}, "Yours, not saved yet"), make("p", {}, describe({ ...yours, at: "" }, reasons)), words(yours.now ?? yours.seed_now)));
  return ask("This was decided meanwhile", [body, make("p", {}, "“Cancel” leaves theirs. Nothing of theirs is lost if yours is added.")], "Add mine after theirs", () => true, { wide: true });
}

export function tell(title, body) {
  return ask(title, body, "Close", () => true, { wide: true, told: true, kind: "plain" });
}
