function render({ model, el }) {
  const reasons = model.get("_reasons");
  const onChoose = (option) => send(model, "value", option);
  const { row, inputs } = radios(newGroup(), model.get("options"), reasons, onChoose);
  const legend = make("legend", { class: "tlc-title" }, model.get("label"));
  const fieldset = make("fieldset", {}, legend, row);
  const root = make("div", { class: "tlc" }, fieldset);
  const list = make("ul", { class: "tlc-reasons" });
  for (const [option, reason] of Object.entries(reasons)) {
    const id = newGroup();
    list.append(make("li", { id }, `${option}: ${reason}`));
    inputs.get(option)?.setAttribute("aria-describedby", id);
  }
  if (list.children.length) fieldset.append(list);
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
