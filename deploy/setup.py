"""Prepares a checkout: `python3 deploy/setup.py [--dev] [--slack]`. Run by make; needs nothing but Python.

Everything lands inside the checkout (.venv, .local-slack) and in the models folder of the user's cache. What
is done is remembered in .venv/cairn-setup.json and done again only when the files it came from change.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "cairn-setup.json"
LLAMA_BUILD = ROOT / "deploy" / "llama_build.cmake"
CONSTRAINTS = ROOT / "constraints.txt"
INPUTS = (ROOT / "pyproject.toml", CONSTRAINTS, LLAMA_BUILD)

OLDEST_PYTHON = (3, 11)
LOCAL_SLACK = "0.1.8"
LOCAL_SLACK_FOLDER = ROOT / ".local-slack"
PLATFORMS = {
    ("Linux", "x86_64"): "linux-x64",
    ("Linux", "aarch64"): "linux-arm64",
    ("Darwin", "arm64"): "darwin-arm64",
    ("Darwin", "x86_64"): "darwin-x64",
}


class CannotSetUp(Exception):
    """Something outside the checkout is missing; the message says what and how to get it."""


def say(line: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(line, file=sys.stderr, flush=True)


def run(*command: str | Path, **environment: str) -> None:
    """Run a command; raise CannotSetUp where it fails. Its own words are shown."""
    done = subprocess.run(
        [str(part) for part in command], check=False, cwd=ROOT, env={**os.environ, **environment}
    )
    if done.returncode:
        words = " ".join(str(part) for part in command[:6])
        raise CannotSetUp(f"`{words} …` failed with code {done.returncode}; its last lines above say why.")


def fingerprint() -> str:
    """Return a hash of everything that the installed environment depends on."""
    digest = hashlib.sha256(sys.version.encode())
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_stamp() -> dict[str, str]:
    """Return what earlier runs have finished."""
    try:
        return dict(json.loads(STAMP.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def remember(**done: str) -> None:
    """Record finished steps."""
    STAMP.write_text(json.dumps({**read_stamp(), **done}, indent=1) + "\n", "utf-8")


def create_environment() -> None:
    """Create .venv with this Python."""
    if PYTHON.exists():
        return
    if sys.version_info < OLDEST_PYTHON:
        raise CannotSetUp(
            f"Cairn needs Python 3.11 or newer and this is {platform.python_version()}; "
            "install one and run `make setup PYTHON=python3.11`."
        )
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotSetUp(
            "Python's venv module is incomplete; run `apt-get install python3-venv`, then make again."
        )
    say("Creating .venv …")
    run(sys.executable, "-m", "venv", VENV)


def pinned(package: str) -> str:
    """Return the package with its version from constraints.txt, as pip wants it."""
    for line in CONSTRAINTS.read_text("utf-8").splitlines():
        if line.lower().replace("-", "_").startswith(f"{package.replace('-', '_')}=="):
            return line.strip()
    raise CannotSetUp(f"constraints.txt names no version of {package}.")


def check_compiler() -> None:
    """Raise CannotSetUp where no C++ compiler can be found."""
    candidates = (os.environ.get("CXX", ""), "c++", "g++", "clang++")
    if not any(name and shutil.which(name.split()[0]) for name in candidates):
        raise CannotSetUp(
            "Cairn builds llama.cpp and finds no C++ compiler; run `apt-get install build-essential` "
            "(macOS: `xcode-select --install`), then make again."
        )


def has_llama(wanted: str) -> bool:
    """Whether the wanted version of llama-cpp-python is installed and loads on this processor."""
    look = "import llama_cpp; print(llama_cpp.__version__)"
    found = subprocess.run([str(PYTHON), "-c", look], check=False, capture_output=True, text=True)
    return found.returncode == 0 and found.stdout.strip() == wanted.partition("==")[2]


def install_llama() -> None:
    """Build llama-cpp-python: the library alone, without its command-line helpers."""
    wanted = pinned("llama-cpp-python")
    if has_llama(wanted):
        return
    check_compiler()
    say("Building llama.cpp for this processor: about 80 seconds on two cores, once …")
    options = f"-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama_cpp_INCLUDE={LLAMA_BUILD}"
    start = time.monotonic()
    run(PYTHON, "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, wanted, CMAKE_ARGS=options)
    say(f"llama.cpp is in place after {time.monotonic() - start:.0f} s.")


def install_project(extra: str) -> None:
    """Install Cairn itself, editable, with everything it depends on."""
    say(f"Installing Cairn and its libraries{' with the tools for tests' if extra else ''} …")
    project = f"{ROOT}[{extra}]" if extra else str(ROOT)
    run(PYTHON, "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, "-e", project)


def set_up_python(dev: bool) -> None:
    """Bring .venv up to date; returns at once where it is."""
    create_environment()
    state, stamp = fingerprint(), read_stamp()
    if stamp.get("dev") == state or (not dev and stamp.get("base") == state):
        return
    install_llama()
    install_project("dev" if dev else "")
    remember(**{"base": state, "dev": state} if dev else {"base": state})


def fetch_embedding_model() -> None:
    """Fetch and convert the default embedding model. Cairn works without it, so failing is no error."""
    subprocess.run([str(PYTHON), "-m", "bot.model.embedding_model"], check=False, cwd=ROOT)


def install_local_slack() -> None:
    """Install the local Slack of the demo and the tests, where Node is at hand."""
    system = PLATFORMS.get((platform.system(), platform.machine()))
    package = f"local-slack-{system}"
    binary = LOCAL_SLACK_FOLDER / "node_modules" / package / "bin" / "local-slack"
    if binary.exists() and read_stamp().get("slack") == LOCAL_SLACK:
        return
    if system is None:
        say(f"There is no local Slack for {platform.system()} {platform.machine()}; use `make chat`.")
    elif shutil.which("npm") is None:
        say("No local Slack: it is fetched with npm. Install Node (`apt-get install nodejs npm`) for it.")
    else:
        say(f"Fetching the local Slack ({package} {LOCAL_SLACK}) …")
        try:
            folder = ("--prefix", LOCAL_SLACK_FOLDER)
            run("npm", "install", "--silent", "--no-package-lock", *folder, f"{package}@{LOCAL_SLACK}")
            remember(slack=LOCAL_SLACK)
        except CannotSetUp as problem:
            say(f"No local Slack: {problem}")


def main() -> int:
    """Set up what the options ask for; returns the exit code."""
    parser = argparse.ArgumentParser(description="Prepare this checkout of Cairn.")
    parser.add_argument("--dev", action="store_true", help="also what tests and linters need")
    parser.add_argument("--slack", action="store_true", help="also the local Slack")
    parser.add_argument("--no-model", action="store_true", help="leave the embedding model out")
    options = parser.parse_args()
    try:
        set_up_python(options.dev)
    except CannotSetUp as problem:
        say(str(problem))
        return 2
    if not options.no_model:
        fetch_embedding_model()
    if options.slack:
        install_local_slack()
    return 0


if __name__ == "__main__":
    sys.exit(main())
