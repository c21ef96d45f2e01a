"""Widgets without their kernel: after a reload or a restart, offline."""

import browser as lab
import pytest

CELL = """
import sys, types, tlcourse
widgets = sys.modules["tlcourse.widgets"] = types.ModuleType("tlcourse.widgets")
widgets.__path__ = [f"{tlcourse.__path__[0]}/widgets"]  # without the other widgets and torch
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.base import Explorer, readout_html

class Letters(Explorer):
    def __init__(self):
        self.letter = Choice("Letter", ["a", "b"])
        super().__init__(self.letter)

    def _answer(self):
        return readout_html(f"Chosen: {self.letter.value}.")

    def to_html(self):
        return self._readout.value

Letters()
"""
WIDGETS = ".jp-OutputArea-output.lm-Panel"
TO_WAKE = "Run this cell, after those above it, to use the widget."
CONTEXT = "jupyterapp.shell.currentWidget.sessionContext"
KERNEL = f"{CONTEXT}.session.kernel"
LOSSES = {
    "restarted": f"{KERNEL}.restart()",
    "crashed": f"void {KERNEL}.requestExecute({{ code: 'import os; os._exit(1)' }})",
    "shut down": f"{CONTEXT}.shutdown()",
}


@pytest.fixture(scope="module")
def opened(in_lab):
    lab.write_notebook(in_lab.notebooks / "asleep.ipynb", [CELL])
    with in_lab.open_new_lab("asleep.ipynb") as (page, _):
        yield page


@pytest.fixture
def page(opened):
    """The notebook, run and saved, its widget at b."""
    assert lab.run_all(opened) == []
    choose(opened, "b")
    opened.evaluate("jupyterapp.commands.execute('docmanager:save')")
    opened.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    return opened


def choose(page, letter):
    page.get_by_role("radio", name=letter, exact=True).click()
    page.get_by_text(f"Chosen: {letter}.").wait_for()


def reload(page):
    page.reload()
    lab.ready(page)
    lab.wait_until_drawn(page)


def text(page):
    return page.locator(WIDGETS).inner_text()


def test_after_a_reload_the_widget_answers(page):
    reload(page)
    choose(page, "a")
    assert "kernel" not in text(page) and TO_WAKE not in text(page)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_last_picture_stays_and_says_how_to_wake_it(page, loss):
    page.evaluate(LOSSES[loss])
    page.get_by_text("The kernel that drew this is gone.").wait_for()
    assert TO_WAKE in text(page) and "Chosen: b." in text(page)
    if loss == "crashed":
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    if loss == "shut down":
        reload(page)
        assert TO_WAKE in text(page) and "Chosen: a." in text(page)  # as it was stored
    assert lab.run_all(page) == []
    choose(page, "b")
    assert TO_WAKE not in text(page)


def test_a_lost_connection_is_said_until_it_is_back(page):
    said_by_lab = page.locator("dialog.jp-Dialog")  # where JupyterLab itself notices it in time
    page.add_locator_handler(said_by_lab, lambda dialog: dialog.get_by_role("button").last.click())
    page.context.set_offline(True)
    page.evaluate(f"void {KERNEL}.reconnect().catch(() => {{}})")  # as after a laptop's sleep
    page.get_by_text("The connection to the kernel is lost.").wait_for()
    assert "Chosen: b." in text(page)
    page.context.set_offline(False)
    page.get_by_text("The connection to the kernel is lost.").wait_for(state="detached")
    choose(page, "a")
