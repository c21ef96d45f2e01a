"""The camera that teaches, in a real browser whose camera shows a film of drawn pictures."""

import browser as lab
import numpy as np
from PIL import Image
from test_browser_accessibility import serious_findings
from test_browser_asleep import LOSSES
from test_browser_slides import LIMITS, MEASURE, PRESENT, place, show

from tlcourse.datasets.drawn import DrawnImages
from tlcourse.tools.slides.export import deck_html

CELL = "from tlcourse.widgets import CameraClassifier, camera as module\nCameraClassifier()"
CAT, PUG = 0, 1
WIDTH, HEIGHT, RATE = 320, 240, 10  # of the film, which has RATE frames a second
# [The mark beside the picture, where no network sees it, ms that it has stood, what is told].
WATCH = """async (ms) => {
  const [video, told] = ["video", ".tlc-told"].map((each) => document.querySelector(each));
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const mark = () => {
    context.drawImage(video, 8, 120, 1, 1, 0, 0, 1, 1);
    return Number(context.getImageData(0, 0, 1, 1).data[0] > 127);
  };
  const began = performance.now(), seen = [], best = () => told.querySelector(".tlc-bar b");
  let last = mark(), changed = began;
  new MutationObserver(() => {
    seen.push([last, performance.now() - changed, best()?.textContent]);
  }).observe(told, { childList: true });
  while (performance.now() - began < ms) {
    await new Promise(requestAnimationFrame);
    if (mark() !== last) [last, changed] = [mark(), performance.now()];
  }
  return seen;
}"""
HIDDEN = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true })"
HIDE = f"{HIDDEN}; document.dispatchEvent(new Event('visibilitychange'))"
NO_DEVICES = "Object.defineProperty(navigator, 'mediaDevices', { value: %s, configurable: true })"
REJECTS = "{ getUserMedia: async () => { throw new DOMException('no', '%s'); } }"
SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
SILENT = "import time\nwith module.ONE_AT_A_TIME: time.sleep(7)"


def shot(label, n, seed=0):
    """What a film shows: its mark, and pictures (PIL) of cats or pugs."""
    pictures = DrawnImages("animals", ["tabby cat", "pug"], n, seed, HEIGHT)
    return label, [pictures[2 * number + label][0] for number in range(n)]


def write_film(film, *shots, hold=1):
    """A film of shots (mark, pictures): each picture for ``hold`` frames, the mark beside it."""
    content = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode()
    for mark, picture in ((mark, picture) for mark, pictures in shots for picture in pictures):
        frame = Image.new("RGB", (WIDTH, HEIGHT), "white" if mark else "black")
        frame.paste(picture, ((WIDTH - HEIGHT) // 2, 0))
        luma, *chroma = frame.convert("YCbCr").split()
        planes = [luma, *(each.resize((WIDTH // 2, HEIGHT // 2)) for each in chroma)]
        content += b"".join([b"FRAME\n", *(each.tobytes() for each in planes)]) * hold
    film.write_bytes(content)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def switch_on(page, film, *shots, hold=1):
    """Show another film to the camera."""
    write_film(film, *shots, hold=hold)
    page.context.grant_permissions(["camera"])
    press(page, "Camera on")
    page.wait_for_function("document.querySelector('.tlc-camera video').videoWidth")


def wait_for_pictures(page, label, n):
    count = "document.querySelectorAll('.tlc-taught .tlc-row > b')[label].textContent"
    page.wait_for_function(f"([label, n]) => {count} >= n", arg=[label, n])


def wait_for_words(page, words):
    page.locator(".tlc-camera .tlc-status").get_by_text(words).wait_for()


def record_by_key(page, label, n, key, focus):
    page.get_by_role("button", name=focus, exact=True).focus()
    page.keyboard.down(key)
    wait_for_pictures(page, label, n)
    page.keyboard.up(key)


def test_it_is_taught_by_mouse_and_keyboard_and_tells_new_pictures_apart(in_lab, film):
    lab.write_notebook(notebook := in_lab.notebooks / "camera.ipynb", [CELL])
    with in_lab.open_lab(notebook.name, (1300, 1100)) as (page, problems):
        assert lab.run_all(page) == []
        switch_on(page, film, shot(CAT, 16))
        page.get_by_role("button", name="Record class 1").hover()
        page.mouse.down()
        wait_for_pictures(page, 0, 8)
        page.mouse.up()
        press(page, "Camera off")
        switch_on(page, film, shot(PUG, 16))
        record_by_key(page, 1, 4, "Space", "Record class 2")
        record_by_key(page, 1, 8, "2", "Train")
        page.get_by_label("Name of class 2").fill("pug 2")  # its digit records nothing
        page.keyboard.press("Tab")
        press(page, "Camera off")
        switch_on(page, film, shot(CAT, 7, seed=5), shot(PUG, 7, seed=5), hold=5)
        slow = lab.slowness()
        page.get_by_role("button", name="Train", exact=True).press("Enter")
        page.locator(".tlc-bar").nth(1).wait_for()
        seen = page.evaluate(WATCH, 8000)
        slow = max(slow, lab.slowness())
        told = [(mark, said) for mark, stood, said in seen if stood > min(400 * slow, 1500)]
        right = np.mean([said == ("✓ class 1", "✓ pug 2")[mark] for mark, said in told])
        print(f"{len(seen) / 8:.1f} a second, slow x {slow:.1f}; {right:.0%} of {len(told)}")
        assert {mark for mark, _ in told} == {CAT, PUG} and right >= 0.9
        assert len(seen) / 8 >= 5 / slow
        with lab.in_the_dark(page):
            lab.screenshot(page, "camera-dark")
            assert serious_findings(page, ".jp-OutputArea-output") == []
        press(page, "Camera off")
        for command in (SAVE_STATE, "docmanager:save", SAVE_STATE):
            page.evaluate(f"jupyterapp.commands.execute('{command}')")
        saved, deck = notebook.read_text("utf-8"), deck_html(notebook)
        assert "last layer" in saved and "/9j/" not in saved + deck  # as a JPEG begins in base64
        assert all("linear SVM on reused features" in text for text in (saved, deck))
        assert problems == []


def test_what_goes_wrong_is_said_in_a_sentence_and_nothing_hangs(in_lab, film):
    lab.write_notebook(in_lab.notebooks / "wrong.ipynb", [CELL])
    with in_lab.open_lab("wrong.ipynb", (1300, 1100)) as (page, problems):
        assert lab.run_all(page) == []
        press(page, "Record class 1")
        wait_for_words(page, "The camera is off: Camera on first. Files and drawn pictures do")
        write_film(film, shot(CAT, 4))
        page.context.clear_permissions()  # a browser without a window then refuses
        press(page, "Camera on")
        wait_for_words(page, "The browser refused the camera: allow it beside the address")
        for devices, words in (
            (REJECTS % "NotFoundError", "No camera was found: plug one in"),
            (REJECTS % "NotReadableError", "Another program has the camera: close it"),
            ("undefined", "This address is neither https nor localhost"),
        ):
            page.evaluate(NO_DEVICES % devices)
            press(page, "Camera on")
            wait_for_words(page, words)
        page.evaluate("delete navigator.mediaDevices")
        switch_on(page, film, shot(CAT, 4))
        page.get_by_role("button", name="Record class 1").focus()
        page.keyboard.down("Enter")
        wait_for_pictures(page, 0, 2)
        track = "document.querySelector('video').srcObject.getTracks()[0]"
        page.evaluate(f"{track}.dispatchEvent(new Event('ended'))")
        wait_for_words(page, "The camera was unplugged: plug it in")
        page.keyboard.up("Enter")
        press(page, "Train")
        wait_for_words(page, "Record pictures of two classes with two names")
        press(page, "Delete all")
        wait_for_pictures(page, 0, 0)
        press(page, "Drawn pictures")
        wait_for_pictures(page, 1, 12)
        press(page, "Train")
        assert page.evaluate(WATCH, 5000)
        page.evaluate(HIDE % "true")
        wait_for_words(page, "Predicting pauses while this tab is in the background.")
        page.wait_for_timeout(500)  # what was asked before is answered
        assert not page.evaluate(WATCH, 1500)
        page.evaluate(HIDE % "false")
        assert page.evaluate(WATCH, 5000)
        page.evaluate("(code) => void inTests.ready(code)", SILENT)
        wait_for_words(page, "The kernel does not answer: wait if a cell runs")
        assert page.evaluate(WATCH, 5000)
        page.evaluate(LOSSES["restarted"])
        page.get_by_text("The kernel that drew this is gone.").wait_for()
        page.wait_for_timeout(6000)
        assert lab.run_all(page) == []
        press(page, "Drawn pictures")
        wait_for_pictures(page, 1, 12)
        assert problems == []


def test_its_keys_stay_on_the_slide(in_slides, film):
    path, how = in_slides.notebooks / "camera_slide.ipynb", {"slideshow": {"slide_type": "slide"}}
    lab.write_notebook(path, [CELL, "'the last slide'"], tags=["no-code"], **how)
    with in_slides.open_slides(path.name, (1280, 720)) as (page, problems):
        show(page, "0-0")
        assert page.locator("#slide-0-0").evaluate(MEASURE, LIMITS) == []
        switch_on(page, film, shot(CAT, 16))
        record_by_key(page, 0, 3, "1", "Train")
        page.get_by_role("button", name="Camera off").press("Enter")
        switch_on(page, film, shot(PUG, 16))
        record_by_key(page, 1, 3, "Space", "Record class 2")
        page.get_by_label("Source").select_option("all four")
        press(page, "Train")
        page.wait_for_function("document.querySelectorAll('.tlc-bar').length === 8")
        assert page.locator("#slide-0-0").evaluate(MEASURE, LIMITS) == []
        assert place(page) == "0-0"
        press(page, "Camera off")
        page.keyboard.press("PageDown")
        page.wait_for_function(f"{PRESENT} === 'slide-1-0'")
        assert problems == []
