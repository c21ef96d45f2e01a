#!/usr/bin/env python3
"""Start the course: ``python3 start.py`` (``py start.py`` on Windows).

Makes ``.venv`` beside this file, installs ``requirements.txt`` into it when that file changed,
and hands over to ``python -m tlcourse``, which knows the verbs: ``--help`` lists them.
Needs nothing but Python; an older Python reads this file far enough to say which one is needed.
"""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
ENVIRONMENT = PROJECT / ".venv"
REQUIREMENTS = PROJECT / "requirements.txt"
OLDEST_PYTHON = (3, 11)
NEEDED_GB = 3

NO_NETWORK = (
    "NewConnectionError",
    "Failed to establish",
    "Connection refused",
    "ConnectTimeout",
    "ReadTimeout",
    "Read timed out",
    "NameResolutionError",
    "ProxyError",
    "SSLError",
    "ConnectionResetError",
    "Network is unreachable",
)
NO_RELEASE = "No matching distribution found for "
NO_DISK = ("No space left on device", "Errno 28", "WinError 112", "Disk quota exceeded")


class CannotStart(Exception):
    """The course cannot start; the message is one sentence for the student."""


def main(arguments):
    """Set up what is missing and run one verb; returns the exit status."""
    try:
        check_python(sys.version_info)
        sys.stdout.reconfigure(errors="backslashreplace")  # a code page may lack letters of a name
        if asks_for_help(arguments):
            return 0
        set_up()
    except CannotStart as problem:
        print("start.py: {}".format(problem), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstart.py: stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    return hand_over([str(environment_python()), "-m", "tlcourse"] + arguments)


def check_python(version):
    if tuple(version[:2]) < OLDEST_PYTHON:
        raise CannotStart(
            "the course needs Python 3.11 or newer, and this is Python {}.{}: install a newer one "
            "from python.org and start with it.".format(*version[:2])
        )


def asks_for_help(arguments):
    """Give help, or refuse an unknown verb, before minutes go into an install."""
    sys.path.insert(0, str(PROJECT))
    from tlcourse.cli import UnknownVerb, help_text, split_verb

    try:
        verb, _ = split_verb(arguments)
    except UnknownVerb as problem:
        raise CannotStart(str(problem)) from None
    if verb == "help":
        print(help_text())
    return verb == "help"


def set_up():
    """Make the environment whole: as ``requirements.txt`` says, with the package in it."""
    packages = packages_folder()
    wanted = fingerprint()
    if packages and read_stamp(packages) == wanted:
        return
    if not packages or not read_stamp(packages):
        check_disk()
        print("Setting up the course in {}: some minutes, once.".format(ENVIRONMENT), flush=True)
    if not packages or not runs("-m", "pip", "--version"):
        make_environment()
        packages = packages_folder()
    remove_half_installed(packages)
    pip("install", "-r", str(REQUIREMENTS))
    pip("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(PROJECT))
    runs("-c", "import matplotlib.font_manager")  # looks for fonts once, and says so in red
    stamp_file(packages).write_text(wanted, encoding="utf-8")


def environment_python():
    windows = os.name == "nt"
    return ENVIRONMENT / ("Scripts/python.exe" if windows else "bin/python")


def packages_folder():
    """Where the environment keeps its packages; None if it is not there or does not run."""
    answer = runs("-Ic", "import sysconfig; print(sysconfig.get_path('purelib'))")
    return Path(answer.strip()) if answer else None


def runs(*arguments):
    """What the environment's Python prints; empty if it fails."""
    try:
        return subprocess.check_output(  # UTF-8, as a code page may lack letters of a name
            [str(environment_python()), "-X", "utf8"] + list(arguments),
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except (OSError, subprocess.CalledProcessError):
        return ""


def fingerprint():
    """Changes when the requirements, the package's metadata or the project's place do."""
    digest = hashlib.sha256(str(PROJECT).encode("utf-8"))
    for file in (REQUIREMENTS, PROJECT / "pyproject.toml"):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def stamp_file(packages):
    return packages / "tlcourse-set-up.sha256"


def read_stamp(packages):
    try:
        return stamp_file(packages).read_text(encoding="utf-8")
    except OSError:
        return ""


def check_disk():
    free = shutil.disk_usage(str(PROJECT)).free / 1e9
    if free < NEEDED_GB:
        raise CannotStart(
            "the course needs about {} GB of disk, and {} has {:.1f} GB free: make room and start "
            "again.".format(NEEDED_GB, PROJECT, free)
        )


def make_environment():
    """A new environment in place of whatever is there."""
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        raise CannotStart(
            "this Python came without venv: on Debian or Ubuntu run 'sudo apt install "
            "python{}.{}-venv', elsewhere take Python from python.org, and start "
            "again.".format(*sys.version_info[:2])
        ) from None
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(
            str(ENVIRONMENT)
        )
    except (OSError, subprocess.CalledProcessError) as problem:
        raise CannotStart(why_no_environment(problem)) from None
    if not packages_folder():
        raise CannotStart(why_no_environment("its Python does not run"))


def why_no_environment(problem):
    if getattr(problem, "errno", None) == errno.ENOSPC:
        return disk_is_full()
    if getattr(problem, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS):
        move = "put the course into a folder of yours, and start again."
        return "{} cannot be written: {}".format(PROJECT, move)
    return "{} could not be made ({}): remove it and start again.".format(ENVIRONMENT, problem)


def remove_half_installed(packages):
    """Forget packages whose install was cut off, so that pip installs them again."""
    for folder in packages.glob("*.dist-info"):
        if not (folder / "RECORD").exists():
            shutil.rmtree(str(folder))


def pip(*arguments):
    """Run pip in the environment; its progress is shown, its complaints are put in a sentence."""
    command = [str(environment_python()), "-m", "pip", "--disable-pip-version-check"]
    process = subprocess.Popen(
        command + list(arguments), stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
    )
    complaints = process.stderr.read()
    if process.wait() != 0:
        log = ENVIRONMENT / "pip-errors.txt"
        try:
            log.write_text(complaints, encoding="utf-8")
        except OSError:
            pass
        raise CannotStart(why_pip_failed(complaints, log))


def why_pip_failed(complaints, log):
    """One sentence for what pip wrote to its error stream."""
    if any(sign in complaints for sign in NO_DISK):
        return disk_is_full()
    if any(sign in complaints for sign in NO_NETWORK):
        return (
            "the package index cannot be reached: check the network or its proxy, and start again; "
            "what is already there is kept."
        )
    errors = [line[7:] for line in complaints.splitlines() if line.startswith("ERROR: ")]
    reason = (errors or ["no reason given"])[-1].rstrip(".")
    if reason.startswith(NO_RELEASE):
        return "the index has no {} for Python {}.{} on this machine: take Python 3.12.".format(
            reason[len(NO_RELEASE) :], *sys.version_info[:2]
        )
    return "pip failed ({}): all of its complaints are in {}.".format(reason, log)


def disk_is_full():
    return "the disk is full: make room, about {} GB in all, and start again.".format(NEEDED_GB)


def hand_over(command):
    """Become ``command``, or, on Windows, wait for it."""
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # Ctrl-C reached the command as well; it decides


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
