"""Files on a host of this machine that resumes, breaks off and refuses as it is told to."""

import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(handler, served):
    """While the block runs, such a handler answers from ``served``, at ``served.address``."""
    kind = type(handler.__name__, (handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as http:
        served.address = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield served
        finally:
            http.shutdown()


class Handler(BaseHTTPRequestHandler):
    """One that keeps the terminal clean."""

    def send_head(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *arguments):
        pass


@dataclass
class FileServer:
    """What is served, how, and what was asked for."""

    files: dict = field(default_factory=dict)  # name -> content
    breaks: list = field(default_factory=list)  # after so many bytes the next answers break off
    statuses: list = field(default_factory=list)  # of the next answers; 0: the file
    asked: list = field(default_factory=list)  # (name, ``Range``) of each request
    stalls: int = 0  # after so many bytes every answer falls silent
    content_type: str = "application/octet-stream"
    marks: bool = True  # whether answers carry an ETag

    def url(self, name):
        return f"{self.address}/{name}"


class _Files(Handler):
    def do_GET(self):
        served, name = self.served, self.path.rsplit("/", 1)[1]
        asked = self.headers.get("Range", "")
        served.asked.append((name, asked))
        status = served.statuses.pop(0) if served.statuses else 0
        if status or name not in served.files:
            return self.send_error(status or 404)
        content = served.files[name]
        size, mark = len(content), f'"{hashlib.md5(content).hexdigest()}"'
        same = self.headers.get("If-Range", mark) == mark
        start = int(asked.removeprefix("bytes=").removesuffix("-") or 0) if same else 0
        span = f"{start}-{size - 1}" if start < size else "*"
        headers = {"Content_Range": f"bytes {span}/{size}"} if start else {}
        headers |= {"ETag": mark} if served.marks else {}
        headers |= {"Content_Type": served.content_type, "Content_Length": size - start}
        self.send_head(416 if start >= size > 0 else 206 if start else 200, **headers)
        if served.stalls:
            self.wfile.write(content[start:][: served.stalls])
            self.rfile.read(1)  # until whoever asked hangs up
        else:
            self.wfile.write(content[start:][: served.breaks.pop(0) if served.breaks else None])


def file_server():
    """A ``FileServer`` while the block runs."""
    return serving(_Files, FileServer())
