function render({ model, el }) {
  const inputs = new Map();
  const row = make("div", { class: "tlc-row" });
  const status = make("p", { class: "tlc-status", role: "status" });
  const chosen = () => [...inputs].filter(([, input]) => input.checked).map(([option]) => option);

  function toggle(option) {
    status.textContent = "";
    if (chosen().length) send(model, "value", chosen());
    else {
      inputs.get(option).checked = true;
      status.textContent = "At least one stays chosen.";
    }
  }

  for (const option of model.get("options")) {
    const disabled = Boolean(model.get("_reasons")[option]);
    const input = make("input", { type: "checkbox", value: option, disabled });
    input.addEventListener("change", () => toggle(option));
    inputs.set(option, input);
    row.append(make("label", { class: "tlc-option" }, input, option));
  }
  const legend = make("legend", { class: "tlc-title" }, model.get("label"));
  const fieldset = make("fieldset", {}, legend, row);
  listReasons(fieldset, model.get("_reasons"), inputs);
  const root = make("div", { class: "tlc" }, fieldset, status);
  status.style.minHeight = "0";
  keepKeysInside(root);

  function show() {
    for (const [option, input] of inputs) input.checked = model.get("value").includes(option);
  }

  show();
  el.append(root);
  model.on("change:value", show);
  return () => model.off("change:value", show);
}

export default { render };
