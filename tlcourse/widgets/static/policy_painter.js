const KEYS = { f: "freeze", t: "fine-tune", r: "random" };

function render({ model, el }) {
  const about = model.get("_about");
  const letters = new Map(about.brushes.map(({ choice, letter }) => [choice, letter]));
  const presets = make("select", { class: "tlc-select", tabindex: 0, "aria-label": "Policy" });
  for (const name of [about.own, ...about.presets]) {
    presets.append(make("option", { value: name, disabled: name === about.own }, name));
  }
  const brush = radios(newGroup(), about.brushes.map((b) => b.choice), {}, (choice) =>
    send(model, "brush", choice));
  for (const { choice, words, swatch } of about.brushes) {
    const label = brush.inputs.get(choice).parentElement;
    label.insertAdjacentHTML("beforeend", swatch);
    label.title = words;
  }
  brush.row.setAttribute("role", "radiogroup");
  brush.row.setAttribute("aria-label", "Brush");
  const scroll = make("div", { class: "tlc-scroll" });
  scroll.innerHTML = about.svg;
  const layers = [...scroll.querySelectorAll(".tlc-paint")];
  const status = make("p", { class: "tlc-status", role: "status", "aria-live": "polite" });
  const audit = panel("Audit");
  const league = panel("League");

  const seeds = radios(newGroup(), about.seeds.map(String), {}, (n) =>
    send(model, "seeds", Number(n)));
  seeds.row.setAttribute("role", "radiogroup");
  seeds.row.setAttribute("aria-label", "Seeds: runs of the policy");
  const train = button("Train", () => {
    ask({ do: "train" });
    train.disabled = true;
    news.textContent = "Begins.";
  });
  const stop = button("Stop", () => ask({ do: "stop" }));
  const clear = button("Clear", () => ask({ do: "clear" }));
  clear.setAttribute("aria-label", "Clear the league");
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Progress" });
  const news = make("span", { role: "status", "aria-live": "polite", class: "tlc-news" });
  const controls = make("div", { class: "tlc-row tlc-train" },
    make("span", { "aria-hidden": "true" }, "Seeds"), seeds.row, train, stop, clear, news);
  const head = make("div", { class: "tlc-row" },
    make("span", { "aria-hidden": "true" }, "Policy"), presets,
    brush.row);
  const help = make("p", { class: "tlc-help" },
    "Click a layer or a block's name. Keys: arrows move; Space, F, T, R paint; Shift: the block.");
  const root = make("div", { class: "tlc tlc-painter" }, head, scroll, help, status, controls, bar,
    make("div", { class: "tlc-panels" }, audit, league));

  let asked = 0;

  function panel(name) {
    return make("div", { class: "tlc-panel", tabindex: 0, role: "region", "aria-label": name });
  }

  function ask(question) {
    asked = Math.max(Date.now(), asked + 1);
    model.send({ ...question, number: asked });
  }

  function look(layer, choice) {
    layer.dataset.choice = choice;
    layer.setAttribute("aria-label", `${layer.dataset.words}: ${choice}`);
    layer.querySelector(".tlc-letter").textContent = letters.get(choice);
  }

  // What is painted is seen at once; Python's answer to the last question then decides.
  function paint(selector, choice = model.get("brush")) {
    for (const layer of layers) {
      const { layer: name, block } = layer.dataset;
      if ([name, block].includes(selector) && layer !== layers.at(-1)) look(layer, choice);
    }
    presets.value = about.own;
    ask({ do: "paint", selector, choice });
  }

  const meant = (layer, whole) =>
    whole && layer !== layers.at(-1) ? layer.dataset.block : layer.dataset.layer;

  function makeTabStop(index) {
    layers.forEach((layer, i) => layer.setAttribute("tabindex", i === index ? "0" : "-1"));
  }

  function onKey(event, index) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const last = layers.length - 1;
    const next = {
      ArrowRight: Math.min(last, index + 1),
      ArrowDown: Math.min(last, index + 1),
      ArrowLeft: Math.max(0, index - 1),
      ArrowUp: Math.max(0, index - 1),
      Home: 0,
      End: last,
    }[event.key];
    const digit = /^(?:Digit|Numpad)([123])$/.exec(event.code);
    const choice = KEYS[event.key.toLowerCase()] ?? (digit && about.brushes[digit[1] - 1].choice);
    if (next !== undefined) layers[next].focus();
    else if (choice) paint(meant(layers[index], event.shiftKey), choice);
    else if (event.key === " " || event.key === "Enter") paint(meant(layers[index], event.shiftKey));
    else return;
    event.preventDefault();
  }

  layers.forEach((layer, index) => {
    layer.addEventListener("mousedown", (event) => event.preventDefault());
    layer.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      layer.focus();
      paint(meant(layer, event.shiftKey));
    });
    layer.addEventListener("click", (event) => {
      if (event.detail === 0) paint(meant(layer, event.shiftKey)); // no mouse: a screen reader
    });
    layer.addEventListener("pointerenter", (event) => {
      if (event.buttons === 1) paint(layer.dataset.layer);
    });
    layer.addEventListener("keydown", (event) => onKey(event, index));
    layer.addEventListener("focus", () => makeTabStop(index));
  });
  for (const block of scroll.querySelectorAll(".tlc-block")) {
    block.addEventListener("mousedown", (event) => event.preventDefault());
    block.addEventListener("click", () => paint(block.dataset.block));
  }
  presets.addEventListener("change", () => ask({ do: "preset", name: presets.value }));

  function showPolicy() {
    const painted = model.get("_painted");
    if (painted.number < asked) return;
    for (const layer of layers) look(layer, painted.choices[layer.dataset.layer]);
    presets.value = painted.preset;
    status.textContent = painted.words;
    audit.innerHTML = painted.audit;
    showControls();
  }

  function showControls() {
    const { busy, done, words } = model.get("_training");
    train.disabled = busy || Boolean(about.reason);
    stop.disabled = !busy;
    clear.disabled = busy;
    bar.classList.toggle("tlc-idle", !busy);
    bar.value = done;
    news.textContent = words;
    for (const [choice, input] of brush.inputs) input.checked = choice === model.get("brush");
    for (const [n, input] of seeds.inputs) input.checked = n === String(model.get("seeds"));
  }

  function showLeague() {
    league.innerHTML = model.get("_league");
  }

  const shown = [
    ["change:_painted", showPolicy],
    ["change:_training change:brush change:seeds", showControls],
    ["change:_league", showLeague],
  ];
  for (const [events, show] of shown) {
    show();
    model.on(events, show);
  }
  makeTabStop(0);
  keepKeysInside(root);
  el.append(root);
  return () => shown.forEach(([events, show]) => model.off(events, show));
}

export default { render };
