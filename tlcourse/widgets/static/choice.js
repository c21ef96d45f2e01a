function render({ model, el }) {
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
