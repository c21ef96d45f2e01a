"""What a student sees: each notebook in JupyterLab in a real browser."""

import browser as lab
import controls
import numpy as np
import torch
import torchvision
from bs4 import BeautifulSoup
from parsed import NOTEBOOKS, each_notebook, outputs_of
from PIL import Image
from scipy.io import savemat
from test_browser_asleep import TO_WAKE, WIDGETS

FROM_CACHE, WITH_FORWARD_PASS = 200, 1000  # ms, the design's budget
NOT_FOUND = "widget model not found"  # what ipywidgets writes on the console
EXPLORER = """
import os, torch
from unittest import mock
from tlcourse.networks import weights
from tlcourse.widgets import FeatureExtractionExplorer
from torchvision.datasets import Flowers102
for elsewhere in (
    mock.patch.dict(os.environ, TLCOURSE_DATA={data!r}),
    mock.patch.object(torch.hub, "_hub_dir", {hub!r}),
    # what is fetched here has not the published sums
    mock.patch.object(weights, "_hash_prefix", lambda file: ""),
    mock.patch.object(Flowers102, "_check_integrity", lambda self: True),
):
    elsewhere.start()
FeatureExtractionExplorer()
"""


def test_alexnet_and_flowers102_are_grey_until_they_are_fetched(in_lab, tmp_path):
    where = {name: str(tmp_path / name) for name in ("data", "hub")}
    lab.write_notebook(in_lab.notebooks / "fetch.ipynb", [EXPLORER.format(**where)])
    with in_lab.open_lab("fetch.ipynb", (1500, 2600)) as (page, problems):
        assert lab.run_all(page) == []
        lists = page.get_by_role("combobox")
        source, kind = (lists.and_(page.get_by_label(name)) for name in ("Source", "what kind"))
        flowers = page.locator("option[value=flowers102]")
        target = lists.and_(page.get_by_label("images to classify"))
        target = target.filter(has=flowers, visible=True)
        kind.select_option("the nine data sets")
        for of, name in ((source, "alexnet"), (target, "flowers102")):
            option = of.locator(f"option[value={name}]")
            assert option.is_disabled()
            assert option.inner_text() == f"{name}: run 'python3 start.py fetch {name}'."
        lab.screenshot(page, "not-fetched")
        small_flowers102(tmp_path / "data" / "flowers-102")
        (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
        alexnet = torchvision.models.alexnet(weights=None).state_dict()
        torch.save(alexnet, tmp_path / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth")
        assert lab.run_all(page) == []
        kind.select_option("the nine data sets")
        target.select_option("flowers102")
        source.select_option("alexnet")
        page.get_by_text("Shown: alexnet backbone, flowers102, fc7. Of").wait_for()
        page.get_by_role("button", name="fc6", exact=True).click()
        page.get_by_text("Shown: alexnet backbone, flowers102, fc6. Of").wait_for()
        assert page.get_by_text("linear SVM on 4,096 features").is_visible()
        lab.screenshot(page, "fetched")
        lab.ready(page, "mock.patch.stopall()")
        assert problems == []


def small_flowers102(folder):
    """The data set's own layout, all of its classes, of each one image to train, validate, test."""
    ids = np.arange(1, 307)
    (folder / "jpg").mkdir(parents=True)
    for number in ids:
        colour = tuple(np.random.default_rng((number - 1) % 102).integers(0, 255, 3).tolist())
        image = Image.new("RGB", (40, 40), colour)
        image.putpixel((int(number) // 40, int(number) % 40), (0, 0, 0))
        image.save(folder / "jpg" / f"image_{number:05d}.jpg")
    parts = {name: ids[i * 102 :][:102] for i, name in enumerate(("trnid", "valid", "tstid"))}
    savemat(folder / "setid.mat", parts)
    savemat(folder / "imagelabels.mat", {"labels": (ids - 1) % 102 + 1})


def check_stored_pictures(page, notebook):
    """What is shown in place of each widget is what is stored, and says how to wake it."""
    page.evaluate("inTests.trust()")
    lab.wait_until_drawn(page)
    stored = [o.data for o in outputs_of(notebook) if lab.WIDGET in o.get("data", {})]
    texts = [BeautifulSoup(d["text/html"], "html.parser").get_text() for d in stored]
    shown = page.locator(WIDGETS).all_text_contents()
    assert ["".join(t.split()) for t in shown] == ["".join(t.split()) for t in texts]
    assert shown and all(TO_WAKE in words for words in shown)
    pictures = page.locator(f"{WIDGETS} img").all()
    assert all(picture.evaluate("(img) => img.naturalWidth") for picture in pictures)


@each_notebook
def test_every_widget_of_a_notebook_is_drawn_and_every_control_answers(in_lab, notebook):
    """Before a cell is run, every widget is its stored picture.

    The quickest answer of a control to a new and to a seen setting must be in the budget. The
    quickest and not the median: a machine that is busy with other things slows every answer, a
    widget that is too slow has no fast one.
    """
    with in_lab.open_lab(notebook.name, (1500, 2000)) as (page, problems):
        check_stored_pictures(page, notebook)
        problems[:] = [problem for problem in problems if NOT_FOUND not in problem]
        run = lab.run_widgets if notebook != NOTEBOOKS[0] else lab.run_all
        assert run(page, notebook) == []
        lab.set_size(page, (1500, 6000))
        lab.screenshot(page, notebook.stem)
        lab.set_size(page, (1500, 2000))
        assert lab.cut_off(page) == []
        moved = controls.move_all(page, leave_alone=("Prediction", "Quiz"))
        for control in moved:
            if control.n > 1 or control.kind != "radio":
                print(control)
                assert 0 < min(control.latencies["new"]) <= WITH_FORWARD_PASS * control.slowness
                assert 0 < min(control.latencies["seen"]) <= FROM_CACHE * control.slowness
        text = page.locator(".jp-Notebook").inner_text()
        assert "could not be shown" not in text and "Traceback" not in text
        assert problems == []
