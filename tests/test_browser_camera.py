"""The camera that teaches, in a real browser whose camera shows a film of drawn pictures."""

import browser as lab
import numpy as np
import pytest
from accessibility import serious_findings
from PIL import Image
from test_browser_slides import place, show

from tlcourse.datasets.drawn import DrawnImages
from tlcourse.tools.slides.export import deck_html

CELL = """
from tlcourse.widgets import CameraClassifier
camera = CameraClassifier()
camera
"""
CAT, PUG = 0, 1
WIDTH, HEIGHT, FRAMES = 320, 240, 10  # of the film; frames a second
# What is told while the film runs, as [ms, the mark beside the picture, what is told], for some ms.
# The mark is outside of what the network sees, and has stood for a while.
WATCH = """async (ms) => {
  const video = document.querySelector(".tlc-camera video"), told = document.querySelector(".tlc-told");
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const mark = () => {
    context.drawImage(video, 8, 120, 1, 1, 0, 0, 1, 1);
    return Number(context.getImageData(0, 0, 1, 1).data[0] > 127);
  };
  const began = performance.now(), seen = [];
  let last = mark(), changed = began;
  const observer = new MutationObserver(() => {
    const said = told.querySelector(".tlc-bar b")?.textContent;
    seen.push([performance.now() - began, last, said, performance.now() - changed]);
  });
  observer.observe(told, { childList: true });
  while (performance.now() - began < ms) {
    await new Promise(requestAnimationFrame);
    if (mark() !== last) [last, changed] = [mark(), performance.now()];
  }
  observer.disconnect();
  return seen;
}"""


def drawn(label, n, seed):
    """Pictures of cats (0) or pugs (1), PIL."""
    pictures = DrawnImages("animals", ["tabby cat", "pug"], n, seed, HEIGHT)
    return [pictures[2 * number + label][0] for number in range(n)]


def write_film(film, shots, hold=1):
    """A film of (label, pictures): each is shown for ``hold`` frames, its label as a mark beside it."""
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES}:1 Ip A1:1 C420jpeg\n".encode()
    parts = [header]
    for label, pictures in shots:
        for picture in pictures:
            frame = Image.new("RGB", (WIDTH, HEIGHT), "white" if label else "black")
            frame.paste(picture, ((WIDTH - HEIGHT) // 2, 0))
            luma, *chroma = frame.convert("YCbCr").split()
            planes = [luma, *(each.resize((WIDTH // 2, HEIGHT // 2)) for each in chroma)]
            parts += [b"FRAME\n", *(each.tobytes() for each in planes)] * hold
    film.write_bytes(b"".join(parts))


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def counts(page):
    return [int(each) for each in page.locator(".tlc-taught .tlc-row > b").all_inner_texts()]


def wait_for_count(page, label, n):
    page.wait_for_function(
        "([label, n]) => document.querySelectorAll('.tlc-taught .tlc-row > b')[label].textContent >= n",
        arg=[label, n],
    )
