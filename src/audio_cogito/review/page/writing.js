// A seed that is written or changed: its fields, and what the lint says of them before they are taken.

import { ask, changed, field, lines, note, pick } from "./dialogs.js";
import { make } from "./elements.js";

const FORMS = ["choice", "open", "yesno", "number", "order"];
const LEVELS = ["easy", "medium", "hard"];

// In the order in which the server writes them.
function read(form) {
  const said = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  return {
    text: said.text, domain: said.domain, skill: said.skill, difficulty: said.difficulty, form: said.form,
    options: lines(said.options),
    distractors: lines(said.distractors).map((line) => {
      const [option, ...confusion] = line.split("|");
      return { text: option.trim(), confusion: confusion.join("|").trim() };
    }),
    language: said.language,
  };
}

function fields(now, vocabulary) {
  const misleads = now.distractors.map((one) => `${one.text} | ${one.confusion}`).join("\n");
  return [
    field("text", "Question", now.text, 3, null, { required: true, maxlength: 2000, autofocus: true }),
    make("div", { class: "beside" },
      field("domain", "Domain", now.domain, 1, null, { required: true, list: "domains", pattern: "[a-z][a-z0-9_\\-]*", title: "small letters, such as music" }),
      field("skill", "Skill", now.skill, 1, null, { required: true, list: "skills", maxlength: 100 }),
      pick("difficulty", "Difficulty", now.difficulty, LEVELS), pick("form", "Form", now.form, FORMS),
      field("language", "Language", now.language, 1, null, { required: true, pattern: "[a-z]{2,3}(-[A-Za-z0-9]+)*", title: "a code, such as en or zh" })),
    make("div", { id: "choice" },
      field("options", "Options", now.options.join("\n"), 4, "one a line"),
      field("distractors", "What misleads", misleads, 3, "option | how it misleads, one a line; leave two options without")),
    make("datalist", { id: "domains" }, Object.keys(vocabulary).map((domain) => make("option", { value: domain }))),
    make("datalist", { id: "skills" })];
}

// The lint repeats the words of the seed, which stand here anyway.
export const brief = (fault, { text }) => (fault.endsWith(`: ${text}`) ? fault.slice(0, -text.length - 2) : fault).replace(`${text} · `, "");

function write(title, submit, now, { vocabulary, draft, lint, intro = null, said }) {
  const told = make("div", { class: "lint", role: "status" });
  const offer = (form) => form.querySelector("#skills").replaceChildren(
    ...(vocabulary[form.elements.domain.value.trim()] ?? []).map((skill) => make("option", { value: skill })));
  // What only a choice has is put away from other forms, unless there is something in it.
  const fold = (form) => {
    const { form: kind, options, distractors } = form.elements;
    form.querySelector("#choice").hidden = kind.value !== "choice" && !options.value && !distractors.value;
  };
  const opened = (form) => {
    offer(form);
    fold(form);
    form.elements.form.addEventListener("change", () => fold(form));
  };
  let shown = "";
  const weighed = async (form) => {
    const words = said(read(form));
    const { said: wrong, faults } = await lint(words);
    told.replaceChildren(...faults.length ? [make("h3", {}, "The lint says"), make("ul", { class: "faults" }, faults.map((fault) => make("li", { class: "fault" }, brief(fault, words))))] : []);
    if (wrong) throw new Error(`This is no seed: ${wrong}.`);
    if (faults.length && shown !== JSON.stringify(faults)) {
      shown = JSON.stringify(faults);
      form.querySelector("[type=submit]").textContent = `${submit} all the same`;
      throw new Error("Mend what the lint says, or let it stand by pressing the button again.");
    }
    return { words, faults, note: form.elements.note.value.trim() };
  };
  return ask(title, [intro, ...fields(now, vocabulary), note(), told], submit, weighed,
    { wide: true, opened, input: (form) => { offer(form); draft.keep(read(form)); } });
}

export async function newSeed(like, more) {
  const blank = { text: "", domain: "", skill: "", difficulty: "medium", form: "open", options: [], distractors: [], language: "en", ...like };
  const intro = make("p", {}, "It asks for what can be known only by listening and then reasoning, and gives no answer away.");
  const found = await write("A new seed", "Add", more.draft.load() ?? blank, { ...more, intro, said: (words) => words });
  return found && { seed_now: found.words, seen: found.faults, note: found.note };
}

export async function editSeed(text, more) {
  const found = await write("Edit the seed", "Save the edit", more.draft.load() ?? text, { ...more, said: (words) => changed(words, text) });
  return found && { seed_now: found.words, note: found.note };
}
