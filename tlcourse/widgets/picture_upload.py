"""Choose a picture of your own, from this machine.

The upload of ipywidgets sends a file as it is, and a notebook server drops what is over 10 MiB
without a word. This one makes large pictures smaller in the browser first, and says what is wrong.
"""

import tempfile
from html import escape
from pathlib import Path

import traitlets

from tlcourse.datasets.folder import UnreadableImage, read_image
from tlcourse.widgets.base import Control, esm


class PictureUpload(Control):
    """A button that reads one picture."""

    _esm = esm("picture_upload")
    label = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Any(None)

    def __init__(self, label, picture=None):
        super().__init__(label=label, picture=picture)
        self.on_msg(self._received)

    def _received(self, _widget, content, buffers):
        self.read(str(content.get("name", "The file")), bytes(buffers[0]) if buffers else b"")

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
