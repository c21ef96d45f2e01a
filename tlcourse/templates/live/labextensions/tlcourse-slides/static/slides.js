// Live slides: every cell is run when the slides open, and keys stay in a control that has the focus.
// A plugin of JupyterLab, written by hand as a webpack container so that nothing has to be built.

const WIDGET = ".jp-OutputArea-output.jupyter-widgets, .jp-OutputArea-output .jupyter-widgets";
const PRESENTER = { PageDown: ".navigate-down, .navigate-right", PageUp: ".navigate-up, .navigate-left" };

function isControl(node) {
  return node instanceof Element && node.closest(WIDGET) && node !== document.body;
}

// ipywidgets let their keys through to the slides. JupyterLab looks for shortcuts on the way down to
// the focused node, and stops at this attribute; reveal.js listens at the document, on the way up.
function keepKeysInControls() {
  document.addEventListener("focusin", ({ target }) => {
    if (isControl(target)) target.setAttribute("data-lm-suppress-shortcuts", "true");
  }, true);
  document.body.addEventListener("keydown", (event) => {
    if (isControl(event.target) && !(event.key in PRESENTER)) event.stopPropagation();
  });
  // A slider would take a presenter's keys too.
  document.addEventListener("keydown", (event) => {
    if (!(event.key in PRESENTER) || !isControl(event.target)) return;
    const arrows = [...document.querySelectorAll(PRESENTER[event.key])];
    event.preventDefault();
    event.stopImmediatePropagation();
    arrows.find((arrow) => arrow.classList.contains("enabled"))?.click();
  }, true);
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
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  return panel;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// Not "Run all": that makes the last cell the active one, and RISE goes where the active cell is.
async function runEveryCell(panel, say) {
  const cells = panel.content.widgets.filter((cell) => cell.model.type === "code");
  for (const [index, cell] of cells.entries()) {
    say(`running cell ${index + 1} of ${cells.length}`);
    const reply = await cell.constructor.execute(cell, panel.sessionContext);
    if (reply?.content.status === "error") {
      say(`cell ${index + 1} stopped: ${reply.content.evalue}`);
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
    const say = statusLine();
    app.started
      .then(() => notebookPanel(app))
      .then((panel) => runEveryCell(panel, say))
      .then(() => document.body.classList.add("tlcourse-ready"))
      .catch((problem) => say(`The cells could not be run: ${problem}`));
  },
};

(window._JUPYTERLAB ??= {})["tlcourse-slides"] = {
  init() {},
  get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
};
