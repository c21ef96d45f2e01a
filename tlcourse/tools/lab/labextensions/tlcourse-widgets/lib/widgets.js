// A widget that has lost its kernel shows a picture and how to wake it, not "model not found": on a
// page that is opened the picture that was stored with its output, on an open page the last one.
// A plugin of JupyterLab, written by hand as a webpack container so that nothing has to be built.
// It is in a block because scripts share their names, and the slides have a plugin too.

"use strict";

{
  const WIDGET = "application/vnd.jupyter.widget-view+json";
  const VIEW = ".jp-OutputArea-output.lm-Panel > .lm-Widget";
  const GONE = ["restarting", "autorestarting", "terminating", "dead"];
  const WAKE =
    "The kernel that drew this is gone. Run this cell, after those above it, to use the widget.";
  const WAIT = "The connection to the kernel is lost. The widget answers when it is back.";
  const STYLE = `
    .tlcourse-said { margin: 4px; font-size: 18px; font-style: italic; }
    .jupyter-widgets-disconnected::before { display: none !important; } /* said in words */
  `;

  // The renderer of ipywidgets adds a view where it finds the widget's model, else a line of text.
  function showStored(rendermime) {
    const renderer = rendermime.getFactory(WIDGET)?.createRenderer({ mimeType: WIDGET });
    const shared = renderer && Object.getPrototypeOf(renderer);
    if (!shared || shared.tlcourseShowsStored) return;
    shared.tlcourseShowsStored = true;
    const { renderModel } = shared;
    shared.renderModel = async function (model) {
      await renderModel.call(this, model);
      const { [WIDGET]: view, ...stored } = model.data;
      const type = rendermime.preferredMimeType(stored, "any");
      if (!type || this.isHidden || this.widgets.length) return;
      const picture = rendermime.createRenderer(type);
      await picture.renderModel(model);
      if (!this.widgets.length) this.node.replaceChildren(picture.node);
    };
  }

  function say({ content }, words) {
    const outputs = content.widgets.flatMap(({ outputArea }) => outputArea ?? []);
    for (const view of outputs.flatMap(({ node }) => [...node.querySelectorAll(VIEW)])) {
      const said = view.previousElementSibling;
      if (said?.textContent === WAKE) continue;
      said?.remove();
      if (!words) continue;
      const note = document.createElement("p");
      Object.assign(note, { className: "tlcourse-said", role: "status", textContent: words });
      view.before(note);
    }
  }

  function watch(panel) {
    const { statusChanged, kernelChanged, connectionStatusChanged } = panel.sessionContext;
    statusChanged.connect((_, status) => { if (GONE.includes(status)) say(panel, WAKE); });
    kernelChanged.connect((_, { oldValue }) => { if (oldValue) say(panel, WAKE); });
    connectionStatusChanged.connect((_, status) => say(panel, status === "connected" ? "" : WAIT));
  }

  const plugin = {
    id: "tlcourse-widgets:stored",
    autoStart: true,
    activate(app) {
      const style = document.head.appendChild(document.createElement("style"));
      style.textContent = STYLE;
      const createNew = (panel) => {
        showStored(panel.content.rendermime);
        watch(panel);
      };
      app.docRegistry.addWidgetExtension("Notebook", { createNew });
    },
  };

  (window._JUPYTERLAB ??= {})["tlcourse-widgets"] = {
    init() {},
    get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
  };
}
