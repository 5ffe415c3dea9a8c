// @ts-check
/** The place where a prompt is written: system, messages, their files, values of variables, tools and schema. */
import { fill, h, icon } from "../lib/dom.js";
import { notice } from "../lib/dom.js";
import { attachButton, attachmentChip, takesFiles } from "./attachments.js";
import { foundVariables, newMessage } from "./draft.js";
import { growing } from "./growing.js";

const ROLES = { user: "User", assistant: "Assistant", system: "System", tool: "Tool result" };

export class Editor {
  #messages = h("div", { class: "messages" });
  #variables = h("div", { class: "variables" });
  #system = growing({ class: "system", placeholder: "What holds for the whole conversation", "aria-label": "System prompt", rows: 2 });
  #more;
  #shown = "";

  /** @param {import("./draft.js").Draft} draft @param {() => void} changed after every change of it */
  constructor(draft, changed) {
    this.draft = draft;
    this.changed = changed;
    this.#system.addEventListener("input", () => this.#set("system", this.#system.value));
    this.#more = h("details", { class: "fold system" }, h("summary", null, "System prompt"), this.#system);
    this.tools = area("Tools", "A list of functions in OpenAI's form, as JSON", (text) => this.#set("tools", text));
    this.schema = area("Answer's schema", "A JSON schema that the answer has to have", (text) => this.#set("schema", text));
    const add = h("button", { type: "button", class: "small quiet", onclick: () => this.#add() }, icon("plus"), "Message");
    this.element = h("div", { class: "editor" }, this.#more, this.#messages, h("div", { class: "row" }, add), this.#variables,
      h("details", { class: "fold" }, h("summary", null, "Tools and schema"), h("div", { class: "stack" }, this.tools.element, this.schema.element)));
    this.show(draft);
  }

  /** @param {import("./draft.js").Draft} draft */
  show(draft) {
    this.draft = draft;
    this.#system.value = draft.system;
    this.#more.open = draft.system !== "";
    this.tools.set(draft.tools);
    this.schema.set(draft.schema);
    this.#shown = "";
    this.#drawMessages();
    this.#drawVariables();
    this.tools.element.closest("details").open = Boolean(draft.tools || draft.schema);
  }

  focus() {
    this.#messages.querySelector(".message:last-child textarea")?.focus();
  }

  #set(name, value) {
    this.draft[name] = value;
    this.#touched();
  }

  #touched() {
    this.#drawVariables();
    this.changed();
  }

  #add() {
    const last = this.draft.messages.at(-1)?.role;
    this.draft.messages.push(newMessage(last === "user" ? "assistant" : "user"));
    this.#drawMessages();
    this.#touched();
    this.focus();
  }

  #drawMessages() {
    const { messages } = this.draft;
    fill(this.#messages, messages.map((message, index) => this.#message(message, index, messages.length)));
  }

  #message(message, index, count) {
    const text = growing({ "aria-label": `${ROLES[message.role]}'s message ${index + 1}`, rows: count === 1 ? 6 : 2, placeholder: "Write a prompt. {{name}} is a variable.", value: message.text });
    text.addEventListener("input", () => {
      message.text = text.value;
      this.#touched();
    });
    const files = h("div", { class: "row files" });
    const drawFiles = () => {
      files.hidden = message.files.length === 0;
      fill(files, message.files.map((file) => attachmentChip(file, () => {
        message.files = message.files.filter((one) => one !== file);
        drawFiles();
        this.changed();
      })));
    };
    const taken = (file) => {
      message.files.push(file);
      drawFiles();
      this.changed();
    };
    drawFiles();
    const isUser = message.role === "user";
    if (isUser) takesFiles(text, taken, notice);
    return h("section", { class: `message ${message.role}`, "aria-label": `Message ${index + 1}` },
      h("div", { class: "row" }, this.#role(message, index), h("span", { class: "grow" }), isUser && attachButton(taken, notice), count > 1 && this.#remove(index)),
      text, files);
  }

  #role(message, index) {
    if (message.role === "tool") return h("span", { class: "label" }, ROLES.tool, " ", h("code", null, message.callId));
    const choice = h("select", { class: "role", "aria-label": `Role of message ${index + 1}` },
      ...["user", "assistant", "system"].map((role) => h("option", { value: role, selected: role === message.role }, ROLES[role])));
    choice.addEventListener("change", () => {
      message.role = choice.value;
      this.#drawMessages();
      this.changed();
    });
    return choice;
  }

  #remove(index) {
    return h("button", { type: "button", class: "small icon quiet", "aria-label": `Remove message ${index + 1}`, title: "Remove", onclick: () => {
      this.draft.messages.splice(index, 1);
      this.#drawMessages();
      this.#touched();
    } }, icon("close"));
  }

  #drawVariables() {
    const { names, faults } = foundVariables(this.draft);
    const shown = JSON.stringify([names, faults]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    fill(this.#variables,
      names.map((name) => this.#variable(name)),
      faults.length > 0 && h("p", { class: "meta warning" }, icon("alert"), ` {{${faults[0].slice(0, 40)}}} is no variable's name. Write \\{{ where braces are meant.`));
  }

  #variable(name) {
    const field = growing({ class: "value", rows: 1, "aria-label": `Value of ${name}`, value: this.draft.variables[name] ?? "", placeholder: "Value" });
    field.addEventListener("input", () => {
      this.draft.variables[name] = field.value;
      this.changed();
    });
    return h("label", { class: "variable" }, h("code", null, name), field);
  }
}

function area(label, placeholder, oninput) {
  const text = growing({ rows: 2, placeholder, spellcheck: "false" });
  const fault = h("span", { class: "meta warning" });
  const look = () => (fault.textContent = faultOf(text.value));
  text.addEventListener("input", () => (look(), oninput(text.value)));
  return {
    element: h("label", { class: "field" }, h("span", null, label), text, fault),
    set(value) {
      text.value = value;
      look();
    },
  };
}

function faultOf(text) {
  try {
    if (text.trim()) JSON.parse(text);
    return "";
  } catch (error) {
    return `This is no JSON: ${error.message}`;
  }
}
