"""The three engines behind one face. Firefox and WebKit need nothing but the standard library.

Firefox (Debian's `firefox-esr`) speaks Marionette on a socket, WebKit (`webkit2gtk-driver`) WebDriver over HTTP.
"""

import itertools
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from assembly import browser
from playwright.sync_api import Browser

PATIENCE = 180.0  # seconds
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Driven:
    """A page in a browser: open an address, evaluate an expression, wait until one is true."""

    def __init__(self, call: Callable[[str, dict[str, Any]], Any]) -> None:
        self._call = call

    def open(self, address: str) -> None:
        """Goes to an address; Firefox tells that it is there while the page before still answers."""
        self._call("url", {"url": address})
        self.wait(f"location.href === {json.dumps(address)}")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; a page that is being left gives Firefox none, and is asked again."""
        given = {"script": f"return JSON.stringify({expression}) ?? 'null'", "args": []}
        end = time.monotonic() + PATIENCE
        while (value := self._call("script", given)) is None:
            assert time.monotonic() < end, f"the page does not tell {expression}"
            time.sleep(0.2)
        return json.loads(value)

    def wait(self, expression: str) -> None:
        """Waits until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"{expression} is still not true"
            time.sleep(0.2)

    def answer(self) -> Any:
        """What Python answered, once it has."""
        self.wait("['ready', 'failed'].includes(document.documentElement.dataset.state)")
        status = self.evaluate("document.querySelector('[data-region=status]').parentElement.innerText")
        assert self.evaluate("document.documentElement.dataset.state") == "ready", status
        return self.evaluate("window.quantlab.answer")


@contextmanager
def chromium(running: Browser) -> Iterator[Driven]:
    """A page of the Chromium that the other tests share, with a state of its own."""
    with closing(running.new_context()) as context:
        page = context.new_page()
        act = {
            "url": lambda given: page.goto(given["url"]),
            "script": lambda given: page.evaluate(f"() => {{ {given['script']} }}"),
        }
        yield Driven(lambda name, given: act[name](given))


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], **surroundings: str) -> Iterator[None]:
    """Runs a program as long as it is needed."""
    process = subprocess.Popen(command, env={**os.environ, **surroundings}, **QUIET)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def firefox() -> Iterator[Driven]:
    """A fresh Firefox without a window."""
    program, port = browser.firefox(), free_port()
    assert program
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        (Path(profile) / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
        command = [program, "--headless", "--marionette", "--no-remote", "--profile", profile]
        with running(command), connected(port) as connection, connection.makefile("rb") as stream:
            call = marionette(connection, stream)
            call("WebDriver:NewSession", {})
            commands = {"url": "WebDriver:Navigate", "script": "WebDriver:ExecuteScript"}
            yield Driven(lambda name, given: call(commands[name], {**given, "sandbox": None}))


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection to a program that is just starting."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            break
        except OSError:
            assert time.monotonic() < end, "the browser does not answer"
            time.sleep(0.1)
    with connection:
        yield connection


def marionette(connection: socket.socket, stream: BinaryIO) -> Callable[[str, dict[str, Any]], Any]:
    """What sends a command and returns its value, read from the connection's stream; messages are `length:JSON`."""
    numbers = itertools.count()

    def read() -> Any:
        length = b"".join(iter(lambda: stream.read(1), b":"))
        return json.loads(stream.read(int(length)))

    def call(name: str, given: dict[str, Any]) -> Any:
        message = json.dumps([0, next(numbers), name, given]).encode()
        connection.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = read()
        assert error is None, f"{name}: {error['message']}"
        return result.get("value")

    read()  # it introduces itself
    return call


@contextmanager
def webkit() -> Iterator[Driven]:
    """A fresh WebKitGTK, on a screen of its own where there is none."""
    port, program = free_port(), browser.webkit()
    screen = [] if os.environ.get("DISPLAY") else ["xvfb-run", "-a"]
    with running([*screen, "WebKitWebDriver", f"--port={port}"], WEBKIT_DISABLE_COMPOSITING_MODE="1"):
        with connected(port):
            pass
        options = {"binary": program, "args": ["--automation"]}
        session = webdriver(port, "/session", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}})
        place = f"/session/{session['sessionId']}"
        paths = {"url": f"{place}/url", "script": f"{place}/execute/sync"}
        try:
            yield Driven(lambda name, given: webdriver(port, paths[name], given))
        finally:
            webdriver(port, place, None)


def webdriver(port: int, path: str, given: dict[str, Any] | None) -> Any:
    """Sends a WebDriver command, or without content ends the session, and returns its value."""
    method, content = ("POST", json.dumps(given).encode()) if given is not None else ("DELETE", None)
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", content, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return json.load(response)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{path}: {error.read().decode()[:500]}") from None
