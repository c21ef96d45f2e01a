"""Choose a picture of your own, from this machine.

The upload of ipywidgets sends a file as it is, and a notebook server drops what is over 10 MiB
without a word. This one makes large pictures smaller in the browser first, and says what is wrong.
"""

import io
import tempfile
from html import escape
from pathlib import Path

import traitlets

from tlcourse.datasets.folder import UnreadableImage, read_image
from tlcourse.widgets.base import Control, esm


class PictureUpload(Control):
    """A button that reads one picture, and shows it ``height`` pixels high (0: not).

    It is sent when a page asks for it: no stored notebook holds it.
    """

    _esm = esm("picture_upload")
    label = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    picture = traitlets.Any(None)

    def __init__(self, label, picture=None, height=0):
        super().__init__(label=label, picture=picture, height=height)
        self.on_msg(self._received)

    def _received(self, _widget, content, buffers):
        if not content.get("look"):
            self.read(str(content.get("name", "The file")), bytes(buffers[0]) if buffers else b"")
        if self.height and self.picture is not None:
            shown, small = io.BytesIO(), self.picture.copy()
            small.thumbnail((4 * self.height, 2 * self.height))
            small.convert("RGB").save(shown, "PNG")
            self.send({"alt": self.status or "The picture"}, [shown.getvalue()])

    def read(self, name, content):
        """Take the picture that a file holds."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "picture")
            file.write_bytes(content)
            try:
                picture = read_image(file)
            except UnreadableImage as problem:
                self.status = f"{name} gives no picture: {problem.reason}."
                return
        self.status = f"{name}: {picture.width} x {picture.height} pixels."
        self.picture = picture

    def to_html(self):
        """What a page without a kernel shows."""
        return f"<p>{escape(self.label)}</p>"
