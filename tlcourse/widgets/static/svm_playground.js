const STEP = 0.1;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function svgNode(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function render({ model, el }) {
  const { side, limit, classes, most, C: ends } = model.get("_plane");
  const group = newGroup();
  const svg = svgNode("svg", {
    class: "tlc-plane", width: side, height: side, viewBox: `0 0 ${side} ${side}`,
    role: "group", "aria-label": "The plane: points of two classes and a linear SVM",
  });
  const regions = svgNode("g", { "aria-hidden": "true" });
  const layer = svgNode("g");
  svg.append(regions, layer);
  svg.style.touchAction = "none";

  const exponent = make("input", {
    type: "range", id: group, step: "0.1", min: Math.log10(ends[0]), max: Math.log10(ends[1]),
  });
  exponent.style.flex = "0 1 24em";
  const shownC = make("output", { for: group });
  const label = make("label", { for: group }, "C, the price of a point inside the margin");
  const status = make("p", { class: "tlc-status", role: "status", "aria-live": "polite" });
  const row = make("div", { class: "tlc-row" });
  const addButtons = classes.map((kind, index) =>
    button(`Add: ${kind.name}`, () => add([0, 0], index)));
  const change = button("Change the class (Space)", () => flip(current));
  const remove = button("Remove (Delete)", () => drop(current));
  row.append(...addButtons, change, remove, button("Start again", () => commit(start)));
  const help = make("p", {},
    "Drag a point; double-click to add one. By keyboard: Tab to a point, arrow keys move it, " +
    "with Shift in larger steps.");
  help.style.margin = "8px 0";
  const slider = make("div", { class: "tlc-row" }, label, exponent, shownC);
  const root = make("div", { class: "tlc" }, slider, svg, status, row, help);

  const start = model.get("points");
  let points = start;
  let current = -1;
  let dots = [];
  let waiting = null;
  let next = null;

  // One question at a time: while Python answers, only the latest of the others is kept.
  function ask(name, value) {
    if (waiting) {
      next = { ...next, [name]: value };
      return;
    }
    waiting = setTimeout(answered, 1000);
    send(model, name, value);
  }

  function answered() {
    clearTimeout(waiting);
    waiting = null;
    const questions = Object.entries(next ?? {});
    next = null;
    for (const [name, value] of questions) ask(name, value);
  }

  function commit(changed) {
    const rebuilt = changed.length !== points.length;
    points = changed;
    if (rebuilt) build();
    placeAll();
    ask("points", points);
  }

  const clamp = (value) => Math.round(100 * Math.max(-limit, Math.min(limit, value))) / 100;

  function move(index, x, y) {
    commit(points.map((p, i) => (i === index ? [clamp(x), clamp(y), p[2]] : p)));
  }

  function flip(index) {
    if (points[index]) commit(points.map((p, i) => (i === index ? [p[0], p[1], 1 - p[2]] : p)));
  }

  function add([x, y], kind) {
    if (points.length >= most) {
      status.textContent = `There are ${most} points already: remove one first.`;
      return;
    }
    commit([...points, [clamp(x), clamp(y), kind]]);
    focusOn(points.length - 1);
  }

  function drop(index) {
    if (!points[index]) return;
    commit(points.filter((_, i) => i !== index));
    focusOn(Math.min(index, points.length - 1));
  }

  function focusOn(index) {
    if (dots[index]) dots[index].focus();
    else addButtons[0].focus();
  }

  function onKey(event, index) {
    const [x, y] = points[index];
    const arrow = ARROWS[event.key];
    const step = event.shiftKey ? 5 * STEP : STEP;
    if (arrow) move(index, x + step * arrow[0], y + step * arrow[1]);
    else if (event.key === " " || event.key === "Enter") flip(index);
    else if (event.key === "Delete" || event.key === "Backspace") drop(index);
    else return;
    event.preventDefault();
  }

  function place(event) {
    const here = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = here.matrixTransform(svg.getScreenCTM().inverse());
    return [limit * ((2 * x) / side - 1), limit * (1 - (2 * y) / side)];
  }

  function build() {
    dots = points.map((_, index) => {
      const dot = svgNode("path", {
        tabindex: 0, role: "img", "data-lm-suppress-shortcuts": "true", "data-point": index,
      });
      dot.style.cursor = "grab";
      dot.addEventListener("keydown", (event) => onKey(event, index));
      dot.addEventListener("focus", () => { current = index; placeAll(); });
      dot.addEventListener("pointerdown", (event) => {
        dot.setPointerCapture(event.pointerId);
        dot.focus();
        event.preventDefault();
      });
      dot.addEventListener("pointermove", (event) => {
        if (dot.hasPointerCapture(event.pointerId)) move(index, ...place(event));
      });
      return dot;
    });
    layer.replaceChildren(...dots);
    current = Math.min(current, points.length - 1);
  }

  function placeAll() {
    const support = new Set(model.get("_drawn").support);
    dots.forEach((dot, index) => {
      const [x, y, kind] = points[index];
      const { name, colour, path } = classes[kind];
      const [px, py] = [((x / limit + 1) * side) / 2, ((1 - y / limit) * side) / 2];
      const carries = support.has(index);
      dot.setAttribute("transform", `translate(${px},${py})`);
      dot.setAttribute("d", path);
      dot.setAttribute("fill", colour);
      dot.setAttribute("class", "tlc-dot");
      dot.classList.toggle("tlc-support", carries);
      dot.classList.toggle("tlc-current", index === current);
      dot.setAttribute("aria-label",
        `${name} at ${x}, ${y}${carries ? ", support vector" : ""}`);
    });
    change.disabled = remove.disabled = !points[current];
  }

  function show() {
    const drawn = model.get("_drawn");
    const latest = next?.points ?? model.get("points");
    const rebuilt = latest.length !== points.length;
    points = latest;
    if (rebuilt) build();
    regions.innerHTML = drawn.regions;
    status.textContent = drawn.words;
    placeAll();
    const C = next?.C ?? model.get("C");
    exponent.value = Math.log10(C);
    shownC.textContent = `C = ${Number(C.toPrecision(2))}`;
  }

  function onAnswer() {
    show();
    answered();
  }

  exponent.addEventListener("input", () => {
    ask("C", Math.max(ends[0], Math.min(ends[1], 10 ** Number(exponent.value))));
  });
  svg.addEventListener("dblclick", (event) => {
    if (event.target.dataset.point === undefined) add(place(event), points[current]?.[2] ?? 0);
  });

  build();
  show();
  keepKeysInside(root);
  el.append(root);
  model.on("change:_drawn", onAnswer);
  return () => model.off("change:_drawn", onAnswer);
}

export default { render };
