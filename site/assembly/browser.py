"""Finds a Chromium for the tests or, where Debian's packages can be installed, installs one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from assembly.environment import last_lines
from assembly.report import BuildError, stage

VARIABLE = "QUANTLAB_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PLAYWRIGHT_FOLDERS = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright", "~/AppData/Local/ms-playwright")
PLAYWRIGHT_PATTERNS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)
REMEDY = (
    "Install Chromium or Chrome (on Debian: apt install chromium), or Playwright's own\n"
    "(.venv/bin/python -m playwright install chromium), or name one:\n"
    "QUANTLAB_BROWSER=/path/to/chromium python3 build.py test"
)


def find_or_install() -> Path:
    """Returns a Chromium that runs.

    Raises:
        BuildError: There is none, and none can be installed.
    """
    if named := os.environ.get(VARIABLE):
        if not runs(Path(named)):
            raise BuildError(f"{VARIABLE} names {named}, which does not run. {REMEDY}")
        return Path(named)
    found = find()
    if not found:
        install()
        found = find()
    if not found:
        raise BuildError(f"there is no Chromium on this machine for the browser tests. {REMEDY}")
    return found


def find() -> Path | None:
    """Looks for a Chromium that runs: on the PATH, among the applications, among Playwright's."""
    return next((path for path in candidates() if runs(path)), None)


def candidates() -> Iterator[Path]:
    """Gives the places where a Chromium may be."""
    yield from (Path(path) for name in NAMES if (path := shutil.which(name)))
    yield from (Path(path) for path in APPLICATIONS if Path(path).exists())
    own = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    for folder in [own] if own else PLAYWRIGHT_FOLDERS:
        for pattern in PLAYWRIGHT_PATTERNS:
            yield from sorted(Path(folder).expanduser().glob(pattern), reverse=True)


def runs(path: Path) -> bool:
    """Tells whether a program starts and tells its version."""
    if sys.platform == "win32":
        return path.exists()  # there `--version` opens a window
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> None:
    """Installs Debian's Chromium, where that is possible without asking."""
    apt = shutil.which("apt-get")
    if not apt or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    stage("Browser", "none found; installing Debian's chromium")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run([apt, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode and arguments[0] == "install":
            raise BuildError(f"apt-get could not install chromium:\n{last_lines(done.stdout + done.stderr)}\n{REMEDY}")
