// Live slides: every cell is run when the slides open, and keys stay in a control that has the focus.
// A plugin of JupyterLab, written by hand as a webpack container so that nothing has to be built.

const OUTPUT = ".jp-OutputArea-output";
const FIGURE = ".jp-Cell-outputWrapper:has(.jp-OutputArea-output > img:only-child)";
const TYPING = "input, textarea, select, [contenteditable]";
const COMMANDS = {
  t: "RISE:notes-open",
  w: "RISE:toggleOverview",
  Home: "RISE:firstSlide",
  End: "RISE:lastSlide",
  "?": "RISE:riseHelp",
};
const ARROWS = { ArrowDown: ".navigate-down", ArrowUp: ".navigate-up" };
const PRESENTER = { PageDown: 34, PageUp: 33 };

function isControl(node) {
  return node instanceof Element && node !== document.body && node.closest(OUTPUT);
}

function consume(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// ipywidgets let their keys through to the slides. JupyterLab looks for shortcuts on the way down to
// the focused node, and stops at this attribute; reveal.js listens at the document, on the way up.
function keepKeysInControls() {
  document.addEventListener("focusin", ({ target }) => {
    if (isControl(target)) target.setAttribute("data-lm-suppress-shortcuts", "true");
  }, true);
  document.body.addEventListener("keydown", (event) => {
    if (isControl(event.target)) event.stopPropagation();
  });
}

// RISE hears its keys only after a click on a slide, and JupyterLab then takes letters for orders to
// insert or to delete a cell. The two keys of a presenter work wherever the focus is.
function hearKeys(app) {
  window.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isBusy = isControl(target) || target.closest?.(TYPING);
    if (PRESENTER[key] && isBusy) passOn(key);
    else if (PRESENTER[key] || isBusy) return;
    else if (COMMANDS[key]) app.commands.execute(COMMANDS[key]);
    else if (key === "i") app.shell.currentWidget?.sessionContext?.session?.kernel?.interrupt();
    else if (ARROWS[key]) document.querySelector(`.controls ${ARROWS[key]}.enabled`)?.click();
    else if (!/^[a-z0-9]$/i.test(key)) return;
    consume(event);
  }, true);
}

function passOn(key) {
  document.activeElement.blur();
  document.dispatchEvent(new KeyboardEvent("keydown", { key, keyCode: PRESENTER[key] }));
}

// reveal.js takes every <section> for a slide, those in an output too.
function renameSections() {
  for (const section of document.querySelectorAll(".jp-OutputArea-output section")) {
    const region = document.createElement("div");
    for (const { name, value } of section.attributes) region.setAttribute(name, value);
    region.setAttribute("role", "region");
    region.append(...section.childNodes);
    section.replaceWith(region);
  }
}

// A figure covers the code on stage that draws it, as the next step; rise.css says what is on stage.
function makeSteps() {
  for (const output of document.querySelectorAll(FIGURE)) {
    const code = getComputedStyle(output.parentElement.querySelector(".jp-Cell-inputWrapper"));
    output.classList.toggle("fragment", code.display !== "none");
  }
}

// The classes that nbconvert gives the cells of a deck.
function tagCells({ content: { widgets } }) {
  for (const { node, model } of widgets) {
    for (const tag of model.getMetadata("tags") ?? []) node.className += ` celltag_${tag}`;
  }
}

function statusLine() {
  const node = document.createElement("div");
  node.id = "tlcourse-status";
  node.setAttribute("role", "status");
  document.body.append(node);
  return (text) => { node.textContent = text; };
}

async function notebookPanel(app) {
  while (!app.shell.currentWidget?.sessionContext) await pause(100);
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  while (!document.querySelector("section.present")) await pause(100);
  return panel;
}

async function kernel({ sessionContext }) {
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// RISE would go on to the next cell, and so to the next slide: stay and see the result.
function runInPlace(panel) {
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey)) return;
    const slide = document.querySelector("section.present > section.present");
    const cells = codeCells(panel).filter((cell) => slide?.contains(cell.node));
    const cell = cells.find(({ node }) => node.contains(document.activeElement)) ?? cells[0];
    if (!cell) return;
    consume(event);
    run(cell, panel);
  }, true);
}

// The speaker view shows what the first aside.notes of a slide holds.
async function addNotes({ content: { widgets, rendermime } }) {
  for (const { node, model } of widgets) {
    const note = model.getMetadata("slideshow")?.notes;
    if (!note) continue;
    const text = rendermime.createRenderer("text/markdown");
    await text.renderModel(rendermime.createModel({ data: { "text/markdown": note } }));
    const aside = document.createElement("aside");
    aside.className = "notes";
    aside.append(text.node);
    node.closest("section")?.append(aside);
  }
}

// It copies a note that is a cell as it is: its text, and its editor once more.
function tidyNotes() {
  for (const editor of document.querySelectorAll("aside.notes .jp-Editor")) editor.remove();
}

function codeCells(panel) {
  return panel.content.widgets.filter((cell) => cell.model.type === "code");
}

// Nothing runs in a preview: it shows what is stored.
function showOutputs(panel) {
  for (const cell of codeCells(panel)) cell.outputHidden = false;
}

function run(cell, panel) {
  return cell.constructor.execute(cell, panel.sessionContext);
}

// Not "Run all": that makes the last cell the active one, and RISE goes where the active cell is.
async function runEveryCell(panel, say) {
  const cells = codeCells(panel);
  for (const [index, cell] of cells.entries()) {
    say(`running cell ${index + 1} of ${cells.length}`);
    const reply = await run(cell, panel);
    if (reply?.content.status === "error") {
      say(`cell ${index + 1} stopped: ${reply.content.evalue || reply.content.ename}`);
      return;
    }
  }
  say("");
}

const plugin = {
  id: "tlcourse-slides:live",
  autoStart: true,
  activate(app) {
    keepKeysInControls();
    hearKeys(app);
    new MutationObserver(() => {
      renameSections();
      makeSteps();
    }).observe(document.body, { childList: true, subtree: true });
    const isPreview = window.parent !== window; // the speaker view shows the page twice more
    const say = isPreview ? () => {} : statusLine();
    app.started
      .then(() => notebookPanel(app))
      .then(async (panel) => {
        tagCells(panel);
        makeSteps();
        if (isPreview) return showOutputs(panel);
        await kernel(panel);
        runInPlace(panel);
        tidyNotes();
        await addNotes(panel);
        await runEveryCell(panel, say);
        document.body.classList.add("tlcourse-ready");
      })
      .catch((problem) => say(`The cells could not be run: ${problem}`));
  },
};

(window._JUPYTERLAB ??= {})["tlcourse-slides"] = {
  init() {},
  get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
};
