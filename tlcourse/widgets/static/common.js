// Shared by every widget: small builders, and keys that stay inside the widget.

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// JupyterLab looks for shortcuts while an event goes down to the focused element, and takes the
// first element on the way up from it that a shortcut is for or that has this attribute: so the
// focused element itself needs it. Slides listen while the event comes up; the keys of a presenter
// reach them.
const PRESENTER_KEYS = new Set(["PageDown", "PageUp", "Escape"]);

function keepKeysInside(root) {
  for (const node of root.querySelectorAll("button, input, select, [tabindex]")) {
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  root.addEventListener("keydown", (event) => {
    if (!PRESENTER_KEYS.has(event.key)) event.stopPropagation();
  });
}

function send(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

function button(text, onClick, attributes = {}) {
  const node = make("button", { class: "tlc-button", type: "button", ...attributes }, text);
  node.addEventListener("click", onClick);
  return node;
}

function radios(name, options, reasons, onChoose) {
  const inputs = new Map();
  const row = make("div", { class: "tlc-row" });
  for (const option of options) {
    const disabled = Boolean(reasons[option]);
    const input = make("input", { type: "radio", name, value: option, disabled });
    input.addEventListener("change", () => onChoose(option));
    inputs.set(option, input);
    row.append(make("label", { class: "tlc-option" }, input, option));
  }
  return { row, inputs };
}

// Under the options, why some of them cannot be chosen.
function listReasons(fieldset, reasons, inputs) {
  const list = make("ul", { class: "tlc-reasons" });
  for (const [option, reason] of Object.entries(reasons)) {
    const id = newGroup();
    list.append(make("li", { id }, `${option}: ${reason}`));
    inputs.get(option)?.setAttribute("aria-describedby", id);
  }
  if (list.children.length) fieldset.append(list);
}

let groups = 0;
function newGroup() {
  groups += 1;
  return `tlc-${groups}-${Math.random().toString(36).slice(2)}`;
}
