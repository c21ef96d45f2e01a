function render({ model, el }) {
  let chosen = model.get("committed");
  const onChoose = (option) => {
    chosen = option;
    button.disabled = false;
    status.textContent = "";
  };
  const { row, inputs } = radios(newGroup(), model.get("options"), {}, onChoose);
  const button = make("button", { class: "tlc-button tlc-commit", type: "button" });
  const status = make("p", { class: "tlc-status", role: "status", "aria-live": "polite" });
  const legend = make("legend", { class: "tlc-title" }, `Predict: ${model.get("question")}`);
  const fieldset = make("fieldset", {}, legend, row);
  const root = make("div", { class: "tlc tlc-prediction" }, fieldset, button, status);
  keepKeysInside(root);

  button.addEventListener("click", () => {
    send(model, "committed", model.get("committed") ? null : chosen);
  });

  function show() {
    const committed = model.get("committed");
    if (committed) chosen = committed;
    for (const [option, input] of inputs) {
      input.checked = option === chosen;
      input.disabled = Boolean(committed) && option !== committed;
    }
    button.textContent = committed ? "Change my prediction" : "Commit";
    button.disabled = !committed && !chosen;
    status.textContent = committed
      ? `✓ Committed: ${committed}`
      : "Choose one and commit it before you run the experiment.";
  }

  show();
  el.append(root);
  model.on("change:committed", show);
  return () => model.off("change:committed", show);
}

export default { render };
