"""Finds the browsers for the tests or, where Debian's packages can be installed, installs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
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
MINI_BROWSERS = ("usr/lib/*/webkit2gtk-4.*/MiniBrowser", "usr/libexec/webkit2gtk-4.*/MiniBrowser")
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
    if can_install() and (problem := install_packages("chromium")):
        raise BuildError(f"apt-get could not install chromium:\n{problem}\n{REMEDY}")


def firefox() -> str | None:
    """Where Firefox is, if it is installed."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def webkit() -> str | None:
    """Where WebKitGTK's own small browser is, if it, its driver and a screen are there."""
    found = [str(path) for pattern in MINI_BROWSERS for path in Path("/").glob(pattern)]
    has_screen = bool(os.environ.get("DISPLAY")) or shutil.which("xvfb-run")
    return found[0] if found and shutil.which("WebKitWebDriver") and has_screen else None


OTHERS: dict[str, tuple[Callable[[], str | None], tuple[str, ...]]] = {
    "firefox": (firefox, ("firefox-esr",)),
    "webkit": (webkit, ("webkit2gtk-driver", "xvfb", "xauth")),
}
"""The other two engines: what finds each, and the packages of Debian that bring it."""


def absence(name: str) -> str | None:
    """Why one of the other engines cannot be tested with; None if it can."""
    find, packages = OTHERS[name]
    return None if find() else f"no {name} here (on Debian: apt install {' '.join(packages)})"


def install_others() -> None:
    """Installs Firefox and WebKit where they are missing; where that cannot be, their tests are skipped and say so."""
    for name, (find, packages) in OTHERS.items():
        if not find() and can_install() and (problem := install_packages(*packages)):
            stage("Browser", f"its tests are skipped: apt-get could not install {name}: {problem}")


def can_install() -> bool:
    """Whether Debian's packages can be installed without asking anybody."""
    return bool(shutil.which("apt-get")) and hasattr(os, "geteuid") and os.geteuid() == 0


def install_packages(*names: str) -> str | None:
    """Installs packages of Debian; returns what apt-get said last if it failed."""
    stage("Browser", f"none found; installing Debian's {' '.join(names)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *names]):
        command = ["apt-get", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return last_lines(done.stdout + done.stderr) if done.returncode else None
