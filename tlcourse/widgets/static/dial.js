const SETTLE = 40; // ms without a change before the value is sent

function render({ model, el }) {
  const id = newGroup();
  const [min, max, step] = ["min", "max", "step"].map((name) => model.get(name));
  const title = make("label", { class: "tlc-title", for: id }, model.get("label"));
  const input = make("input", { id, type: "range", min, max, step });
  input.style.cssText = "width:min(26em,70vw);height:36px;margin:0;accent-color:#0072b2";
  const shown = make("output", { for: id });
  shown.style.cssText = "min-width:4em;font-weight:700;font-variant-numeric:tabular-nums";
  const row = make("div", { class: "tlc-row" }, input, shown);
  const ends = make("div", { "aria-hidden": "true" });
  ends.style.cssText =
    "display:flex;justify-content:space-between;width:min(26em,70vw);font-size:16px";
  ends.append(...model.get("ends").map((words) => make("span", {}, words)));
  const root = make("div", { class: "tlc" }, title, row, ends);
  keepKeysInside(root);

  let timer = 0;
  function write(value) {
    shown.textContent = value.toFixed(model.get("digits"));
  }
  function show() {
    input.value = model.get("value");
    write(model.get("value"));
  }
  input.addEventListener("input", () => {
    write(Number(input.value));
    clearTimeout(timer);
    timer = setTimeout(() => send(model, "value", Number(input.value)), SETTLE);
  });

  show();
  el.append(root);
  model.on("change:value", show);
  return () => {
    clearTimeout(timer);
    model.off("change:value", show);
  };
}

export default { render };
