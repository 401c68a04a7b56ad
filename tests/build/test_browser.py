from collections.abc import Callable
from pathlib import Path

import pytest
from assembly import browser
from assembly.report import BuildError

RUNS = "echo Chromium 1"
BROKEN = "exit 1"


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hides the browsers that this machine has."""
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(browser, "APPLICATIONS", ())


def test_one_on_the_path_is_found(programs: Callable[..., Path]) -> None:
    """A Chromium on the PATH is used; one that does not run is passed over."""
    folder = programs(chromium=BROKEN, google_chrome=RUNS)
    assert browser.find_or_install() == folder / "google-chrome"


def test_the_named_one_wins(programs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """QUANTLAB_BROWSER chooses among several."""
    folder = programs(chromium=RUNS, mine=RUNS)
    monkeypatch.setenv(browser.VARIABLE, str(folder / "mine"))
    assert browser.find_or_install() == folder / "mine"


def test_a_named_one_that_does_not_run(programs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong QUANTLAB_BROWSER is an error, not a reason to take another."""
    programs(chromium=RUNS)
    monkeypatch.setenv(browser.VARIABLE, "/nowhere/chromium")
    with pytest.raises(BuildError, match="QUANTLAB_BROWSER names /nowhere/chromium, which does not run"):
        browser.find_or_install()


def test_playwrights_own_is_found(programs: Callable[..., Path], tmp_path: Path) -> None:
    """The browser that Playwright downloaded is used, the newest of several."""
    programs()
    for version in ("1100", "1200"):
        path = tmp_path / f"playwright/chromium-{version}/chrome-linux/chrome"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{RUNS}\n")
        path.chmod(0o755)
    assert browser.find_or_install() == tmp_path / "playwright/chromium-1200/chrome-linux/chrome"


def test_none_and_none_installable(programs: Callable[..., Path]) -> None:
    """Without a browser and without apt-get, the message says what to install and how to name one."""
    programs()
    with pytest.raises(BuildError, match=r"(?s)no Chromium.*apt install chromium.*QUANTLAB_BROWSER="):
        browser.find_or_install()


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes this account look like root's."""
    monkeypatch.setattr("os.geteuid", lambda: 0)


@pytest.mark.usefixtures("as_root")
def test_debians_is_installed(programs: Callable[..., Path], tmp_path: Path) -> None:
    """Root on Debian gets Debian's chromium, without a question."""
    folder = tmp_path / "programs"
    script = f'echo "$@" >> {tmp_path}/asked; test "$1" = update || {{ cp {tmp_path}/new {folder}/chromium; }}'
    (tmp_path / "new").write_text(f"#!/bin/sh\n{RUNS}\n")
    (tmp_path / "new").chmod(0o755)
    programs(apt_get=script)
    assert browser.find_or_install() == folder / "chromium"
    assert (tmp_path / "asked").read_text().splitlines() == [
        "update -q",
        "install -q -y --no-install-recommends chromium",
    ]


@pytest.mark.usefixtures("as_root")
def test_an_installation_that_fails(programs: Callable[..., Path]) -> None:
    """When apt-get fails, its own words and the remedy are shown."""
    programs(apt_get="echo 'E: Unable to locate package chromium' >&2; exit 100")
    with pytest.raises(BuildError, match=r"(?s)E: Unable to locate package chromium.*Install Chromium or Chrome"):
        browser.find_or_install()


def test_nobody_else_is_asked_for_a_password(programs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is not root's never starts apt-get."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    programs(apt_get="exit 100")
    with pytest.raises(BuildError, match="there is no Chromium"):
        browser.find_or_install()
