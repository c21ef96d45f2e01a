const WAIT = 120; // ms without another change before Python is asked

function render({ model, el }) {
  const legend = make("legend", { class: "tlc-title" }, model.get("label"));
  const fieldset = make("fieldset", { class: "tlc-dials" }, legend);
  const root = make("div", { class: "tlc" }, fieldset);
  const controls = new Map();
  let timer = null;
  let values = { ...model.get("value") };

  function change(name, value) {
    values = { ...values, [name]: value };
    clearTimeout(timer);
    timer = setTimeout(() => send(model, "value", values), WAIT);
  }

  for (const dial of model.get("_dials")) {
    const id = newGroup();
    const label = make("label", { for: id }, dial.name);
    const shown = make("output", { for: id });
    const control = dial.options
      ? make("select", { id }, ...dial.options.map((option) => make("option", {}, option)))
      : make("input", { id, type: "range", min: dial.low, max: dial.high, step: dial.step });
    control.addEventListener("input", () => {
      const value = dial.options ? control.value : Number(control.value);
      if (!dial.options) shown.textContent = value.toFixed(2);
      change(dial.name, value);
    });
    controls.set(dial.name, { control, shown, isChoice: Boolean(dial.options) });
    fieldset.append(label, control, shown);
  }
  keepKeysInside(root);
  for (const { control } of controls.values()) {
    control.setAttribute("data-lm-suppress-shortcuts", "true");
  }

  function show() {
    values = { ...model.get("value") };
    for (const [name, { control, shown, isChoice }] of controls) {
      control.value = values[name];
      if (!isChoice) shown.textContent = Number(values[name]).toFixed(2);
    }
  }

  show();
  el.append(root);
  model.on("change:value", show);
  return () => model.off("change:value", show);
}

export default { render };
