"""Files on a host of this machine that resumes, breaks off and refuses as it is told to."""

import hashlib
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """What is served, how, and what was asked for.

    Attributes
    ----------
    files : dict of {str: bytes}
        Name -> content.
    breaks : list of int
        After so many bytes the next answers break off; empty for whole answers.
    statuses : list of int
        What the next answers say instead of the file; 0 for the file.
    stalls : int
        After so many bytes every answer falls silent; 0 for whole answers.
    content_type : str
    marks : bool
        Whether answers carry an ETag.
    asked : list of (str, str)
        Name and ``Range`` of each request.
    """

    def __init__(self, address):
        self.address, self.files = address, {}
        self.breaks, self.statuses, self.asked = [], [], []
        self.content_type, self.marks, self.stalls = "application/octet-stream", True, 0

    def url(self, name):
        return f"{self.address}/{name}"


@contextmanager
def file_server():
    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        Handler.served = FileServer(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Handler.served
        finally:
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        served, name = self.served, self.path.rsplit("/", 1)[1]
        asked = self.headers.get("Range", "")
        served.asked.append((name, asked))
        status = served.statuses.pop(0) if served.statuses else 0
        if status:
            return self.send_error(status)
        if name not in served.files:
            return self.send_error(404)
        content = served.files[name]
        mark = f'"{hashlib.md5(content).hexdigest()}"'
        start = 0
        if asked and self.headers.get("If-Range", mark) == mark:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
        self.send_response(416 if start >= len(content) > 0 else 206 if start else 200)
        if start:
            span = f"{start}-{len(content) - 1}" if start < len(content) else "*"
            self.send_header("Content-Range", f"bytes {span}/{len(content)}")
        if served.marks:
            self.send_header("ETag", mark)
        self.send_header("Content-Type", served.content_type)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if served.stalls:
            self.wfile.write(body[: served.stalls])
            self.rfile.read(1)  # until whoever asked hangs up
        else:
            self.wfile.write(body[: served.breaks.pop(0)] if served.breaks else body)

    def log_message(self, *arguments):
        pass
