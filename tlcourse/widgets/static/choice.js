function pullDown({ model, el }) {
  const select = make("select", { class: "tlc-select" });
  for (const option of model.get("options")) {
    const reason = model.get("_reasons")[option];
    const words = reason ? `${option}: ${reason}` : option;
    select.append(make("option", { value: option, disabled: Boolean(reason) }, words));
  }
  const title = make("span", { class: "tlc-title" }, model.get("label"));
  const root = make("div", { class: "tlc" }, make("label", {}, title, select));
  select.addEventListener("change", () => send(model, "value", select.value));
  keepKeysInside(root);
  const show = () => { select.value = model.get("value"); };
  show();
  el.append(root);
  model.on("change:value", show);
  return () => model.off("change:value", show);
}

function render({ model, el }) {
  if (model.get("_pull_down")) return pullDown({ model, el });
  const reasons = model.get("_reasons");
  const onChoose = (option) => send(model, "value", option);
  const { row, inputs } = radios(newGroup(), model.get("options"), reasons, onChoose);
  const legend = make("legend", { class: "tlc-title" }, model.get("label"));
  const fieldset = make("fieldset", {}, legend, row);
  const root = make("div", { class: "tlc" }, fieldset);
  listReasons(fieldset, reasons, inputs);
  keepKeysInside(root);

  function show() {
    for (const [option, input] of inputs) input.checked = option === model.get("value");
  }

  show();
  el.append(root);
  model.on("change:value", show);
  return () => model.off("change:value", show);
}

export default { render };
