function render({ model, el }) {
  const status = make("p", { class: "tlc-status", role: "status", "aria-live": "polite" });
  const scroll = make("div", { class: "tlc-scroll" });
  scroll.innerHTML = model.get("_svg");
  const [drawing] = scroll.children;
  drawing.style.minWidth = `${0.8 * drawing.getAttribute("width")}px`;
  const layers = [...scroll.querySelectorAll(".tlc-layer")];
  const buttons = new Map();
  const presets = make("div", { class: "tlc-row", role: "group", "aria-label": "Sets of layers" });
  for (const [label, names] of Object.entries(model.get("_presets"))) {
    const preset = button(label, () => choose(names));
    buttons.set(preset, names);
    presets.append(preset);
  }
  const title = make("div", { class: "tlc-title", "aria-hidden": "true" }, model.get("title"));
  const root = make("div", { class: "tlc" }, title, scroll, presets, status);
  keepKeysInside(root);
  let anchor = 0;

  function choose(names) {
    if (names.length === 0) {
      status.textContent = "At least one layer has to stay selected: select another one first.";
      return;
    }
    send(model, "value", names);
  }

  function toggle(index, withRange) {
    const chosen = new Set(model.get("value"));
    const on = !chosen.has(layers[index].dataset.layer);
    const [first, last] = withRange ? [anchor, index].sort((a, b) => a - b) : [index, index];
    for (let i = first; i <= last; i += 1) {
      chosen[on ? "add" : "delete"](layers[i].dataset.layer);
    }
    anchor = index;
    choose(layers.map((layer) => layer.dataset.layer).filter((name) => chosen.has(name)));
  }

  function makeTabStop(index) {
    layers.forEach((layer, i) => layer.setAttribute("tabindex", i === index ? "0" : "-1"));
  }

  function onKey(event, index) {
    const last = layers.length - 1;
    const target = {
      ArrowRight: Math.min(last, index + 1),
      ArrowDown: Math.min(last, index + 1),
      ArrowLeft: Math.max(0, index - 1),
      ArrowUp: Math.max(0, index - 1),
      Home: 0,
      End: last,
    }[event.key];
    if (target !== undefined) layers[target].focus();
    else if (event.key === " " || event.key === "Enter") toggle(index, event.shiftKey);
    else return;
    event.preventDefault();
  }

  layers.forEach((layer, index) => {
    layer.addEventListener("click", (event) => {
      layer.focus();
      toggle(index, event.shiftKey);
    });
    layer.addEventListener("mousedown", (event) => event.preventDefault());
    layer.addEventListener("keydown", (event) => onKey(event, index));
    layer.addEventListener("focus", () => makeTabStop(index));
  });

  function show() {
    const chosen = new Set(model.get("value"));
    let features = 0;
    for (const layer of layers) {
      const { layer: name, size } = layer.dataset;
      const on = chosen.has(name);
      if (on) features += Number(size);
      layer.setAttribute("aria-checked", String(on));
      const words = `${Number(size).toLocaleString("en")} features`;
      layer.setAttribute("aria-label", `${name}, ${words}, ${on ? "selected" : "not selected"}`);
    }
    for (const [button, names] of buttons) {
      const same = names.length === chosen.size && names.every((name) => chosen.has(name));
      button.setAttribute("aria-pressed", String(same));
    }
    const plural = chosen.size === 1 ? "layer" : "layers";
    status.textContent =
      `${chosen.size} ${plural} selected: ${features.toLocaleString("en")} features`;
  }

  const first = layers.findIndex((layer) => model.get("value").includes(layer.dataset.layer));
  makeTabStop(Math.max(0, first));
  anchor = Math.max(0, first);
  show();
  el.append(root);
  model.on("change:value", show);
  return () => model.off("change:value", show);
}

export default { render };
