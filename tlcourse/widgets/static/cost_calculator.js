const SETTLE = 40; // ms without a change before the value is sent

function render({ model, el }) {
  const id = newGroup();
  const controls = model.get("_controls");
  const dials = new Map();
  const bills = new Map();
  let timer = 0;

  const scenarios = radios(id, model.get("scenarios"), {}, (name) => send(model, "scenario", name));
  const start = make(
    "fieldset",
    {},
    make("legend", { class: "tlc-title" }, "Start from"),
    scenarios.row,
  );
  const groups = make("div", { class: "tlc-cost-groups" });
  const source = make("p", { class: "tlc-status tlc-cost-source" });
  const total = make("p", { class: "tlc-cost-total", role: "status", "aria-live": "polite" });

  function dial(control, number) {
    const input = make("input", {
      id: `${id}-${number}`,
      type: "range",
      min: 0,
      max: control.stops.length - 1,
      "aria-describedby": `${id}-${number}-source`,
    });
    const shown = make("output", { for: input.id });
    const label = make("label", { for: input.id }, control.label);
    const note = make(
      "span",
      { id: `${id}-${number}-source`, class: "tlc-cost-hidden" },
      control.source,
    );
    const row = make("div", { class: "tlc-cost-dial" }, label, shown, input, note);
    const tell = () => (source.textContent = `${control.label}: ${control.source}`);
    input.addEventListener("focus", tell);
    row.addEventListener("mouseenter", tell);
    input.addEventListener("input", () => {
      write(control.name, Number(input.value));
      clearTimeout(timer);
      timer = setTimeout(sendAll, SETTLE);
    });
    dials.set(control.name, { input, shown, stops: control.stops });
    return row;
  }

  function write(name, position) {
    const { input, shown, stops } = dials.get(name);
    input.value = position;
    input.setAttribute("aria-valuetext", stops[position]);
    shown.textContent = stops[position];
  }

  function sendAll() {
    const positions = {};
    for (const [name, { input }] of dials) positions[name] = Number(input.value);
    send(model, "positions", positions);
  }

  function showPositions() {
    for (const [name, position] of Object.entries(model.get("positions"))) write(name, position);
  }

  function showScenario() {
    for (const [name, input] of scenarios.inputs) input.checked = name === model.get("scenario");
  }

  function showBill() {
    const bill = model.get("_bill");
    for (const [name, { facts, money, bar }] of bills) {
      facts.textContent = bill[name].facts;
      money.textContent = bill[name].dollars;
      bar.style.width = `${bill[name].percent}%`;
    }
    total.textContent = bill.total;
  }

  for (const name of model.get("_groups")) {
    const facts = make("div");
    const money = make("b");
    const bar = make("span", { class: "tlc-cost-bar" });
    const track = make("span", { class: "tlc-cost-track", "aria-hidden": "true" }, bar);
    const field = make("fieldset", {}, make("legend", { class: "tlc-title" }, name));
    controls.forEach((control, number) => {
      if (control.group === name) field.append(dial(control, number));
    });
    field.append(make("div", { class: "tlc-cost-bill" }, facts, money, track));
    bills.set(name, { facts, money, bar });
    groups.append(field);
  }
  source.textContent = "Where a number comes from: move to its slider.";

  const root = make("div", { class: "tlc" }, start, total, source, groups);
  keepKeysInside(root);
  showScenario();
  showPositions();
  showBill();
  el.append(root);
  model.on("change:scenario", showScenario);
  model.on("change:positions", showPositions);
  model.on("change:_bill", showBill);
  return () => {
    clearTimeout(timer);
    model.off("change:scenario", showScenario);
    model.off("change:positions", showPositions);
    model.off("change:_bill", showBill);
  };
}

export default { render };
