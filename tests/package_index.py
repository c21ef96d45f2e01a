"""Package indexes on this machine, with wheels that hold nothing but a name and a version."""

import io
import re
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata


class PackageIndex:
    """What is served, and what was asked for.

    Attributes
    ----------
    address : str
        To be given to pip as ``--index-url``.
    wheels : dict of {str: bytes}
        File name -> content.
    asked : list of str
        Path of each request.
    answers : bool
        False for a server that takes connections and never says a word.
    breaks : bool
        Whether pages are served and wheels are not.
    """

    def __init__(self, address, *wheels):
        self.address = address
        self.wheels = dict(wheels)
        self.asked, self.answers, self.breaks = [], True, False
        self.closed = threading.Event()

    def page(self, package):
        """The links to a package's wheels; empty if there are none."""
        start = f"{package.replace('-', '_')}-"
        names = [name for name in self.wheels if name.startswith(start)]
        return "".join(f'<a href="/{name.replace("+", "%2B")}">{name}</a>\n' for name in names)


def wheel(package, version, tag="py3-none-any", needs=()):
    """Name and bytes of a wheel."""
    package = package.replace("-", "_")
    about = f"{package}-{version}.dist-info"
    lines = [f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    files = {
        f"{package}.py": f"__version__ = {version!r}\n",
        f"{about}/METADATA": "\n".join(lines) + "\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    return f"{package}-{version}-{tag}.whl", _archive(files, f"{about}/RECORD")


def wheel_of_installed(package):
    """The wheel of a pure package of this environment, made again from its files."""
    found = metadata.distribution(package)
    paths = [path for path in found.files if path.suffix != ".pyc" and path.locate().is_file()]
    files = {path.as_posix(): path.read_binary() for path in paths}
    (record,) = [name for name in files if re.fullmatch(r"[^/]+\.dist-info/RECORD", name)]
    return f"{package}-{found.version}-py3-none-any.whl", _archive(files, record)


def _archive(files, record):
    files[record] = "".join(f"{name},,\n" for name in {**files, record: ""})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@contextmanager
def package_index(*wheels):
    """An index of these wheels, while the block runs."""

    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        Handler.index = PackageIndex(f"http://127.0.0.1:{http.server_port}", *wheels)
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Handler.index
        finally:
            Handler.index.closed.set()
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        index, name = self.index, self.path.strip("/").replace("%2B", "+")
        index.asked.append(name)
        if not index.answers:
            index.closed.wait(60)
            return
        file = None if index.breaks else index.wheels.get(name)
        kind = "application/octet-stream" if file else "text/html"
        content = file or index.page(name).encode()
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass
