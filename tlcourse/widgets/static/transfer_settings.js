function render({ model, el }) {
  const cells = model.get("_cells");
  const columns = [...new Set(cells.map((cell) => cell.column))];
  const rows = [...new Set(cells.map((cell) => cell.row))];
  const group = newGroup();
  const inputs = new Map();
  const grid = make("div", { class: "tlc-settings" }, make("span"));
  for (const column of columns) grid.append(make("b", { "aria-hidden": "true" }, column));
  for (const row of rows) {
    grid.append(make("b", { "aria-hidden": "true" }, row));
    for (const column of columns) {
      const cell = cells.find((one) => one.row === row && one.column === column);
      const input = make("input", {
        type: "radio", name: group, "aria-label": `${cell.place}: ${cell.name}`,
      });
      input.addEventListener("change", () => send(model, "value", cell.place));
      inputs.set(cell.place, input);
      grid.append(make("label", { class: "tlc-option" }, input, cell.name));
    }
  }
  const legend = make("legend", { class: "tlc-title" }, model.get("label"));
  const details = make("div", { role: "status", "aria-live": "polite" });
  const root = make("div", { class: "tlc" }, make("fieldset", {}, legend, grid), details);
  keepKeysInside(root);

  function show() {
    for (const [place, input] of inputs) input.checked = place === model.get("value");
  }
  function showDetails() {
    details.innerHTML = model.get("_details");
  }

  show();
  showDetails();
  el.append(root);
  model.on("change:value", show);
  model.on("change:_details", showDetails);
  return () => {
    model.off("change:value", show);
    model.off("change:_details", showDetails);
  };
}

export default { render };
