#!/usr/bin/env python3
"""Start the course: ``python3 start.py`` (``py start.py`` on Windows).

Makes ``.venv`` beside this file, installs ``requirements.txt`` into it when that file changed,
and hands over to ``python -m tlcourse``, which knows the verbs: ``--help`` lists them.
On Linux without an NVIDIA driver torch and torchvision come from pytorch.org, built for the CPU;
the package index has them built for NVIDIA GPUs, which is several GB more.
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
NEEDED_GB, NEEDED_GB_WITH_CUDA = 3, 12  # while it installs: pip keeps what it downloads twice

LINUX = sys.platform.startswith("linux")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
ANSWER_SECONDS, PROBE_SECONDS = 3, 10  # for one answer of that index; with a stalled name server
NVIDIA_DRIVER = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1")

ELSEWHERE = ("user", "target", "prefix", "root", "python")  # pip's settings of where to install
NOT_OURS = ("PYTHONPATH", "PYTHONHOME") + tuple("PIP_" + name.upper() for name in ELSEWHERE)

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
        forget_other_environments()
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


def forget_other_environments():
    """Drop the variables that bring packages from elsewhere, or make pip put them elsewhere."""
    for name in NOT_OURS:
        os.environ.pop(name, None)


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
        check_disk(NEEDED_GB)
        print("Setting up the course in {}: some minutes, once.".format(ENVIRONMENT), flush=True)
    if not packages or not runs("-m", "pip", "--version"):
        make_environment()
        packages = packages_folder()
    keep_pip_here()
    remove_half_installed(packages)
    bring_torch(packages)
    pip("install", "-r", str(pins_file()))
    pip("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(PROJECT))
    runs("-c", "import matplotlib.font_manager")  # looks for fonts once, and says so in red
    write(stamp_file(packages), wanted)


def environment_python():
    windows = os.name == "nt"
    return ENVIRONMENT / ("Scripts/python.exe" if windows else "bin/python")


def packages_folder():
    """Where the environment keeps its packages; None if it is not there or does not run."""
    answer = runs("-Ic", "import sysconfig; print(sysconfig.get_path('purelib'))")
    return Path(answer.strip()) if answer else None


def runs(*arguments, timeout=None):
    """What the environment's Python prints; empty if it fails, or takes more seconds."""
    try:
        return subprocess.check_output(  # UTF-8, as a code page may lack letters of a name
            [str(environment_python()), "-X", "utf8"] + list(arguments),
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=timeout,
        )
    except (OSError, subprocess.SubprocessError):
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


def write(file, text):
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise CannotStart(why_no_environment(problem)) from None


def check_disk(needed):
    free = shutil.disk_usage(str(PROJECT)).free / 1e9
    if free < needed:
        raise CannotStart(
            "the course needs about {} GB of disk to install, and {} has {:.1f} GB free: make room "
            "and start again.".format(needed, PROJECT, free)
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


def keep_pip_here():
    """Overrule, for this environment, the pip.conf of a user whose packages go elsewhere."""
    here = "user = false\n" + "".join("{} =\n".format(name) for name in ELSEWHERE[1:])
    file = ENVIRONMENT / ("pip.ini" if os.name == "nt" else "pip.conf")
    write(file, "[global]\n{0}\n[install]\n{0}".format(here))


def pins_file():
    """The requirements without the course itself, which goes in last and needs no network."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("-e ")]
    file = ENVIRONMENT / "pins.txt"
    write(file, "\n".join(pins) + "\n")
    return file


def bring_torch(packages):
    """On Linux, torch and torchvision as builds for the CPU where they can be had and are wanted.

    Otherwise say what the package index will bring. Builds of two kinds are never mixed: half of
    the pair, left by an install that was cut off, is completed by its like or taken away.
    """
    pins = torch_pins()
    there = [pin for pin in pins if installed(packages, pin)]
    if not LINUX or there == pins:
        return
    if there and not has_cpu_build(packages, pins):
        return
    reason = "" if there else why_not_for_the_cpu()
    if not reason and install_cpu_builds(pins):
        return
    if has_cpu_build(packages, pins):
        pip("uninstall", "--yes", "--quiet", "torch", "torchvision")
    tell_about_cuda(reason or "pytorch.org's builds for the CPU are not to be had now")


def torch_pins():
    """``torch==...`` and ``torchvision==...``, as the requirements have them."""
    words = REQUIREMENTS.read_text(encoding="utf-8").split()
    return [word for word in words if word.startswith(("torch==", "torchvision=="))]


def installed(packages, pin):
    """The version in the environment, such as 2.13.0+cpu, if it is the one that is pinned."""
    name, version = pin.split("==")
    for folder in packages.glob(name + "-*.dist-info"):
        found = folder.name[len(name) + 1 : -len(".dist-info")]
        if found.partition("+")[0] == version:
            return found
    return ""


def has_cpu_build(packages, pins):
    return any(installed(packages, pin).endswith("+cpu") for pin in pins)


def why_not_for_the_cpu():
    """Why torch's builds for the CPU are not wanted here; empty if they are."""
    if any(os.path.exists(file) for file in NVIDIA_DRIVER) or shutil.which("nvidia-smi"):
        return "this machine has an NVIDIA driver"
    settings = runs("-m", "pip", "config", "list").splitlines()
    if any(line.partition("=")[0].endswith(".index-url") for line in settings):
        return "pip is set to an index of your own"
    return ""


def install_cpu_builds(pins):
    """Install the pair of builds for the CPU; whether it could be had."""
    builds = [pin + "+cpu" for pin in pins]
    if not all(cpu_index_has(build) for build in builds):
        return False
    print(
        "torch comes from pytorch.org, built for the CPU: with all else about 0.5 GB to download "
        "and 2 GB on disk.",
        flush=True,
    )
    try:
        pip("install", "--no-deps", "--index-url", CPU_INDEX, *builds)
    except CannotStart as problem:
        if str(problem) == disk_is_full():
            raise
        print("pytorch.org's builds for the CPU did not come: {}".format(problem), flush=True)
        return False
    return True


def cpu_index_has(build):
    """Whether pytorch.org's index answers at once, and has this for this Python and machine."""
    name, version = build.split("==")
    asked = ["-m", "pip", "index", "versions", name, "--index-url", CPU_INDEX]
    patience = ["--retries", "0", "--timeout", str(ANSWER_SECONDS)]
    answer = runs(*asked, *patience, timeout=PROBE_SECONDS)
    return version in answer.replace(",", " ").split()


def tell_about_cuda(reason):
    print(
        "torch comes from the package index, as {}: on Linux usually a build for NVIDIA GPUs, "
        "with all else about 3 GB to download and 5.6 GB on disk.".format(reason),
        flush=True,
    )
    check_disk(NEEDED_GB_WITH_CUDA)


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
    return (
        "the disk is full: make room, about {} GB in all, with a torch for NVIDIA GPUs {} GB, and "
        "start again.".format(NEEDED_GB, NEEDED_GB_WITH_CUDA)
    )


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
