"""Every control of a notebook's widgets, moved by mouse and by keyboard in JupyterLab."""

from dataclasses import dataclass, field

from browser import slowness

RESTED = 150  # ms without a change after the last
UNANSWERED = 700  # ms without any: longer than a dial waits before it asks the kernel


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
    """Move every control of JupyterLab's notebook to its ends, twice; returns them with latencies.

    Widgets with the names in ``leave_alone`` are not touched.
    """
    controls = [Control(**found) for found in page.evaluate("inTests.markControls()")]
    controls = [control for control in controls if control.widget not in leave_alone]
    page.evaluate("inTests.probe()")
    before = slowness()
    for control in controls:
        for when in ("new", "seen"):
            for move in _moves(page, control):
                page.evaluate("inTests.markControls()")  # a control may have been drawn anew
                move()
                latency = page.evaluate("inTests.answer", [RESTED, UNANSWERED])
                if latency is not None:
                    control.latencies[when].append(latency)
        after = slowness()
        control.slowness, before = max(before, after), after
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
