"""Package indexes on this machine, with wheels that hold nothing but a name and a version."""

import io
import zipfile
from dataclasses import dataclass, field

from file_server import Handler, serving


@dataclass
class PackageIndex:
    """What is served, and what was asked for; its ``address`` is pip's ``--index-url``."""

    wheels: dict  # file name -> bytes
    asked: list = field(default_factory=list)  # path of each request
    answers: bool = True  # False: takes connections and never says a word
    breaks: bool = False  # pages are served and wheels are not


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
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return f"{package}-{version}-{tag}.whl", content.getvalue()


class _Index(Handler):
    def do_GET(self):
        index, name = self.served, self.path.strip("/").replace("%2B", "+")
        index.asked.append(name)
        if not index.answers:
            self.rfile.read(1)  # until whoever asked hangs up
            return
        file = None if index.breaks else index.wheels.get(name)
        start = f"{name.replace('-', '_')}-"
        links = [each.replace("+", "%2B") for each in index.wheels if each.startswith(start)]
        content = file or "".join(f'<a href="/{each}">{each}</a>\n' for each in links).encode()
        kind = "application/octet-stream" if file else "text/html"
        self.send_head(200 if content else 404, Content_Type=kind, Content_Length=len(content))
        self.wfile.write(content)


def package_index(*wheels):
    """An index of these wheels, while the block runs."""
    return serving(_Index, PackageIndex(dict(wheels)))
