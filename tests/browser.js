// What the tests in a browser do on a page of JupyterLab: part of every page, by ``browser.jupyter``.
(() => {
  const shown = () => window.jupyterapp?.shell.currentWidget;
  const kernel = () => shown().sessionContext.session.kernel;
  const pause = (ms) => new Promise((again) => setTimeout(again, ms));
  const seen = { input: 0, change: 0, view: null, control: null };
  let changed = 0, watcher = null, isProbed = false;

  // Wait for a notebook and its kernel, and run some code in it.
  async function ready(code) {
    while (!shown()?.sessionContext) await pause(50);
    await shown().context.ready;
    await shown().sessionContext.ready;
    await kernel().requestExecute({ code, store_history: false }).done;
  }

  // Close the notebook that is shown, unsaved; returns its path.
  function closeLast() {
    const last = shown(), { path } = last.context;
    last.context.model.dirty = false;
    last.dispose();
    return path;
  }

  async function openNext(path) {
    const opened = await window.jupyterapp.commands.execute("docmanager:open", { path });
    while (shown() !== opened) await pause(50);
  }

  function trust() {
    for (const cell of shown().content.model.cells) cell.trusted = true;
  }

  function allRun() {
    const code = shown().content.model.sharedModel.cells.filter((c) => c.cell_type === "code");
    const failed = ({ outputs }) => outputs.some(({ output_type }) => output_type === "error");
    return code.every((cell) => cell.execution_count) || code.some(failed);
  }

  // Run cells in their place, and code of others without showing it.
  async function runSteps(steps) {
    const { content } = shown();
    const errors = [];
    for (const [place, code] of steps) {
      if (code === null) {
        content.deselectAll();
        content.activeCellIndex = place;
        await window.jupyterapp.commands.execute("notebook:run-cell");
      } else {
        const { content: reply } = await kernel().requestExecute({ code }).done;
        if (reply.status !== "ok") errors.push(`${reply.ename}: ${reply.evalue}`);
      }
    }
    return errors;
  }

  function errorOutputs() {
    return shown().content.model.sharedModel.cells
      .flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []))
      .filter((output) => output.output_type === "error")
      .map((output) => `${output.ename}: ${output.evalue}`);
  }

  function watch() {
    changed = performance.now();
    watcher ??= new MutationObserver(() => { changed = performance.now(); });
    watcher.observe(document.querySelector(".jp-Notebook"),
      { childList: true, subtree: true, characterData: true, attributes: true });
  }

  // The kernel is idle, every widget has a height, and the notebook rests.
  function isDrawn() {
    const widgets = [...document.querySelectorAll(".jp-OutputArea-output.lm-Panel")];
    return kernel().status === "idle" && performance.now() - changed > 300
      && widgets.every((widget) => widget.getBoundingClientRect().height >= 16);
  }

  // Parts of outputs that the window cuts off, or shows only by a widget's scrolling.
  function cutOff() {
    return [...document.querySelectorAll(".jp-OutputArea-output")].flatMap((output) => {
      const edge = output.closest(".jp-Cell").getBoundingClientRect().right + 3;
      const over = (node) => node.getBoundingClientRect().right > edge;
      const scrolls = (node) => /auto|scroll/.test(getComputedStyle(node).overflowX) && !over(node);
      const isCut = (node) => {
        if (!node.checkVisibility() || !node.getBoundingClientRect().width || !over(node)) {
          return false;
        }
        for (let up = node.parentElement; up !== output; up = up.parentElement) {
          if (!up.matches(".jupyter-widgets") && scrolls(up)) return false;
        }
        return true;
      };
      const node = [...output.querySelectorAll("*")].find(isCut);
      return node ? [`${node.tagName}: ${node.textContent.slice(0, 80)}`] : [];
    });
  }

  // Number the controls of all widgets in the page, and say what they are.
  function markControls() {
    const kinds = [
      ["radio", "input[type=radio]:not(:disabled)"],
      ["dial", "input[type=range]:not(:disabled)"],
      ["box", "input[type=checkbox]:not(:disabled)"],
      ["list", "select:not(:disabled)"],
      ["layer", "svg [role=checkbox]"],
    ];
    for (const old of document.querySelectorAll("[data-tested]")) delete old.dataset.tested;
    const found = [];
    shown().content.widgets.forEach((cell, at) => {
      const outputs = cell.model.sharedModel.outputs ?? [];
      const views = [...cell.node.querySelectorAll(".jp-OutputArea-output")];
      views.forEach((view, n) => {
        const plain = [outputs[n]?.data?.["text/plain"] ?? ""].flat().join("");
        for (const [kind, query] of kinds) {
          const groups = new Map();
          for (const control of view.querySelectorAll(query)) {
            if (!control.checkVisibility()) continue;
            const group = kind === "radio" ? control.name || control.closest("fieldset")
              : kind === "layer" ? control.closest("svg") : control;
            if (!groups.has(group)) groups.set(group, []);
            groups.get(group).push(control);
          }
          for (const controls of groups.values()) {
            const id = found.length;
            controls.forEach((control, place) => { control.dataset.tested = `${id}-${place}`; });
            const [first] = controls, box = first.closest("fieldset, [role=radiogroup]") ?? first;
            const of = { radio: "Choice", layer: "Layers" }[kind];
            const own = of ? "" : first.getAttribute("aria-label") || first.labels?.[0]?.innerText;
            const label = own || box.querySelector?.("legend")?.innerText
              || box.getAttribute("aria-label") || of || kind;
            found.push({ id, kind, n: controls.length, label: label.split("\n")[0],
              widget: plain.split("(")[0] });
          }
        }
      });
    });
    return found;
  }

  // Note from now on when the last click or key came, and when its widget changed outside of it.
  function probe() {
    if (isProbed) return;
    isProbed = true;
    for (const type of ["pointerdown", "keydown"]) {
      document.addEventListener(type, (event) => {
        seen.control = event.target.closest("[data-tested]") ?? event.target;
        seen.view = event.target.closest(".jp-OutputArea-output");
        seen.input = event.timeStamp;
        seen.change = 0;
      }, true);
    }
    const own = "fieldset, [role=radiogroup], label, select, input, svg";
    new MutationObserver((records) => {
      if (records.some(({ target }) => {
        const node = target.nodeType === 1 ? target : target.parentElement;
        return seen.view?.contains(node) && !node.closest(own)?.contains(seen.control);
      })) seen.change = performance.now();
    }).observe(document.body,
      { childList: true, subtree: true, characterData: true, attributes: true });
  }

  // Milliseconds from the last move to the last change that it caused; null if it changed nothing.
  async function answer([rested, unanswered]) {
    for (;;) {
      await pause(25);
      const quiet = performance.now() - Math.max(seen.input, seen.change);
      if (kernel().status === "idle" && quiet > (seen.change ? rested : unanswered)) break;
    }
    return seen.change ? seen.change - seen.input : null;
  }

  window.inTests = { ready, closeLast, openNext, trust, allRun, runSteps, errorOutputs, watch, isDrawn, cutOff,
    markControls, probe, answer };
})();
