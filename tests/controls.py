"""Every control of a notebook's widgets, moved by mouse and by keyboard in JupyterLab."""

from dataclasses import dataclass, field

from browser import slowness

RESTED = 150  # ms without a change after the last
UNANSWERED = 700  # ms without any: longer than a dial waits before it asks the kernel
MARK_CONTROLS = """
() => {
  const kinds = [
    ["radio", "input[type=radio]:not(:disabled)"],
    ["dial", "input[type=range]:not(:disabled)"],
    ["box", "input[type=checkbox]:not(:disabled)"],
    ["list", "select:not(:disabled)"],
    ["layer", "svg [role=checkbox]"],
  ];
  for (const old of document.querySelectorAll("[data-tested]")) delete old.dataset.tested;
  const found = [];
  window.jupyterapp.shell.currentWidget.content.widgets.forEach((cell, at) => {
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
          controls.forEach((control, place) => {
            control.dataset.tested = `${id}-${place}`;
          });
          const [first] = controls, box = first.closest("fieldset, [role=radiogroup]") ?? first;
          const of = { radio: "Choice", layer: "Layers" }[kind];
          const own = of ? "" : first.getAttribute("aria-label") || first.labels?.[0]?.innerText;
          const label = own || box.querySelector?.("legend")?.innerText
            || box.getAttribute("aria-label") || of || kind;
          found.push({ id, kind, n: controls.length, label: label.split("\\n")[0],
            widget: plain.split("(")[0], cell: at });
        }
      }
    });
  });
  return found;
}
"""
PROBE = """
() => {
  const seen = (window.tlcourseSeen = { input: 0, change: 0, view: null, control: null });
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
"""
ANSWER = """
async ([rested, unanswered]) => {
  const seen = window.tlcourseSeen;
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  for (;;) {
    await new Promise((again) => setTimeout(again, 25));
    const quiet = performance.now() - Math.max(seen.input, seen.change);
    if (kernel.status === "idle" && quiet > (seen.change ? rested : unanswered)) break;
  }
  return seen.change ? seen.change - seen.input : null;
}
"""


@dataclass
class Control:
    """A group of radio buttons, a slider, a list, a check box or a drawn network's layers.

    ``latencies`` has milliseconds from each move to the last change of the widget outside the
    control, by "new" and "seen" places; a move that changed nothing is not in it. ``slowness`` is
    the machine's, before and after the moves.
    """

    id: int
    kind: str
    n: int
    label: str
    widget: str
    cell: int
    latencies: dict = field(default_factory=lambda: {"new": [], "seen": []})
    slowness: float = 1.0

    def __str__(self):
        times = (
            f"{when} {min(found):.0f} to {max(found):.0f} ms"
            for when, found in self.latencies.items()
            if found
        )
        return f"{self.widget}, {self.label}: {', '.join(times)}; slow x {self.slowness:.1f}"


def move_all(page, leave_alone=()):
    """Move every control to its ends, twice; returns them with their latencies.

    Parameters
    ----------
    page : Page
        JupyterLab with a notebook whose cells have run.
    leave_alone : sequence of str
        Names of widgets that are not touched.
    """
    controls = [Control(**found) for found in page.evaluate(MARK_CONTROLS)]
    controls = [control for control in controls if control.widget not in leave_alone]
    page.evaluate(PROBE)
    for control in controls:
        control.slowness = slowness()
        for when in ("new", "seen"):
            for move in _moves(page, control):
                page.evaluate(MARK_CONTROLS)  # a control may have been drawn anew
                move()
                latency = page.evaluate(ANSWER, [RESTED, UNANSWERED])
                if latency is not None:
                    control.latencies[when].append(latency)
        control.slowness = max(control.slowness, slowness())
    return controls


def _moves(page, control):
    def part(place):
        return page.locator(f'[data-tested="{control.id}-{place}"]')

    def press(key, place=0):
        part(place).focus()
        page.keyboard.press(key)

    last = control.n - 1
    if control.kind == "dial":
        return [lambda: press("End"), lambda: press("Home")]
    if control.kind == "list":
        return [lambda: press("ArrowDown"), lambda: press("ArrowUp")]
    if control.kind == "box":
        return [part(0).click, lambda: press("Space")]
    if control.kind == "layer":
        return [part(last // 2).click, lambda: press("Space", last // 2)]
    return [part(last).click, lambda: press("ArrowLeft", last), part(0).click]
