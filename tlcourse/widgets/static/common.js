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

// JupyterLab listens for its shortcuts while the event goes down, slides while it comes up.
function keepKeysInside(root) {
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", (event) => event.stopPropagation());
}

function send(model, name, value) {
  model.set(name, value);
  model.save_changes();
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

let groups = 0;
function newGroup() {
  groups += 1;
  return `tlc-${groups}-${Math.random().toString(36).slice(2)}`;
}
