function render({ model, el }) {
  const status = make("p", { class: "tlc-status", role: "status", "aria-live": "polite" });
  const scroll = make("div", { class: "tlc-scroll" });
  scroll.innerHTML = model.get("_svg");
  scroll.querySelector("svg").setAttribute("role", "radiogroup");
  const layers = [...scroll.querySelectorAll(".tlc-layer")];
  const title = make("div", { class: "tlc-title", "aria-hidden": "true" }, model.get("title"));
  const root = make("div", { class: "tlc" }, title, scroll, status);
  keepKeysInside(root);

  function cutAfter(index) {
    layers[index].focus();
    send(model, "value", layers[index].dataset.layer);
    show();
  }

  function onKey(event, index) {
    const last = layers.length - 1;
    const target = {
      ArrowRight: Math.min(last, index + 1),
      ArrowDown: Math.min(last, index + 1),
      ArrowLeft: Math.max(0, index - 1),
      ArrowUp: Math.max(0, index - 1),
      " ": index,
      Enter: index,
      Home: 0,
      End: last,
    }[event.key];
    if (target === undefined) return;
    cutAfter(target);
    event.preventDefault();
  }

  layers.forEach((layer, index) => {
    layer.setAttribute("role", "radio");
    layer.addEventListener("click", () => cutAfter(index));
    layer.addEventListener("mousedown", (event) => event.preventDefault());
    layer.addEventListener("keydown", (event) => onKey(event, index));
  });

  function show() {
    const end = layers.findIndex((layer) => layer.dataset.layer === model.get("value"));
    layers.forEach((layer, index) => {
      const { layer: name, size } = layer.dataset;
      layer.classList.toggle("tlc-kept", index <= end);
      layer.setAttribute("aria-checked", String(index === end));
      layer.setAttribute("tabindex", index === end ? "0" : "-1");
      layer.setAttribute("aria-label",
        `cut after ${name}, ${Number(size).toLocaleString("en")} features`);
    });
    status.textContent = `Cut after ${model.get("value")}.`;
  }

  show();
  el.append(root);
  model.on("change:value", show);
  return () => model.off("change:value", show);
}

export default { render };
