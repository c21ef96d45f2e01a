function render({ model, el }) {
  const root = make("div", { class: "tlc tlc-quiz" });
  const steps = model.get("asked").map((asked, place, all) => {
    const step = questionStep(model, place, all.length);
    step.node.hidden = place > 0;
    root.append(step.node);
    return step;
  });
  root.addEventListener("tlc-turn", ({ detail }) => {
    steps.forEach((step, place) => { step.node.hidden = place !== detail; });
    steps[detail].focus();
  });
  keepKeysInside(root);

  const show = () => steps.forEach((step) => step.show());
  show();
  el.append(root);
  model.on("change:replies", show);
  return () => model.off("change:replies", show);
}

function questionStep(model, place, count) {
  const { text, options } = model.get("asked")[place];
  let picked = null;
  const onChoose = (option) => {
    picked = options.indexOf(option);
    show();
  };
  const { row, inputs } = radios(newGroup(), options, {}, onChoose);
  const legend = make("legend", { class: "tlc-title" }, `Question ${place + 1} of ${count}. ${text}`);
  const check = make("button", { class: "tlc-button", type: "button" }, "Check my answer");
  const reply = make("p", { class: "tlc-reply", role: "status", "aria-live": "polite" });
  const turns = make("div", { class: "tlc-row tlc-turns" }, check);
  for (const [words, to] of [["Previous question", place - 1], ["Next question", place + 1]]) {
    if (to < 0 || to >= count) continue;
    const turn = () => new CustomEvent("tlc-turn", { bubbles: true, detail: to });
    turns.append(button(words, ({ target }) => target.dispatchEvent(turn())));
  }
  const node = make("div", {}, make("fieldset", {}, legend, row), turns, reply);

  check.addEventListener("click", () => {
    const chosen = [...model.get("chosen")];
    chosen[place] = picked;
    send(model, "chosen", chosen);
  });

  function show() {
    const checked = model.get("chosen")[place] ?? null;
    if (picked === null) picked = checked;
    options.forEach((option, i) => { inputs.get(option).checked = i === picked; });
    check.disabled = picked === null;
    const words = checked !== null && checked === picked ? model.get("replies")[place] : "";
    reply.textContent = words;
    reply.dataset.mark = words ? (words.startsWith("Right.") ? "✓" : "✗") : "";
  }

  const focus = () => (inputs.get(options[picked ?? 0])).focus();
  return { node, show, focus };
}

export default { render };
