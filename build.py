#!/usr/bin/env python3
"""Builds, serves and tests Quantization Lab: `python3 build.py [build | serve | test | bench | lock]`.

This file is the list of the steps; each step is a module of site/assembly/. It uses the standard library only, and its
syntax is understood by old Pythons, even by Python 2, so that they can say what they lack.
"""

from __future__ import print_function

import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "build.py: this is Python %d.%d; Quantization Lab needs Python 3.11 or newer.\n"
        "Install a newer Python, then run it by its name, for example: python3.12 build.py\n" % sys.version_info[:2]
    )
    sys.exit(1)

import argparse
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "site"))  # makes `import assembly` and, for the rendering, `import lab` work

from assembly import (  # noqa: E402
    archive,
    assets,
    browser,
    check,
    dist,
    environment,
    faults,
    frame,
    licences,
    mathfont,
    measuring,
    offline,
    onefile,
    prerender,
    serve,
    sizes,
    startup,
    testing,
)
from assembly.report import BuildError, stage  # noqa: E402


def build():
    """Makes dist/ from the sources and the pinned third-party files."""
    python = environment.prepare(ROOT, ["build"])
    files = assets.fetch_all(ROOT, python)
    with dist.new(ROOT) as folder:
        dist.copy_sources(ROOT, folder)
        frame.write(folder)
        dist.copy_assets(files, folder)
        startup.make(ROOT, folder)
        licences.write(ROOT, folder)
        prerender.run(python, folder)
        mathfont.run(ROOT, python, folder)
        archive.write_wheel(ROOT, folder)
        onefile.write(folder)
        offline.write(folder)
        archive.write_folder(ROOT, folder)
        check.check(folder)
        sizes.check_sizes(folder)
    stage("Built", str(ROOT / "dist"))


def run_serve(options):
    """Builds, then serves dist/ on this machine until Ctrl-C."""
    server = serve.reserve(ROOT / "dist", options.port)
    build()
    serve.run(server, open_browser=options.open)


def run_test(options):
    """Installs the test tools, finds or installs browsers, builds, and runs every check; or only the quick ones."""
    if options.quick:
        testing.run_quick(ROOT, environment.prepare(ROOT, ["build", "test"]), options.pytest)
        return
    python = environment.prepare(ROOT, ["build", "test", "tutorials"])
    chromium = browser.find_or_install()
    if not options.pytest:
        browser.install_others()
    build()
    testing.run_all(ROOT, python, chromium, options.pytest)


def run_bench(options):
    """Runs the measurements of tests/bench/, or one part of them; beside another build when one is named."""
    other = measuring.built(options.against) if options.against else None
    parts = measuring.chosen(options.part, other)
    python = environment.prepare(ROOT, ["build", "test"], wanted=["bench"])
    build()
    measuring.run(ROOT, python, parts, other)


def run_lock(_options):
    """Writes the digests of the pinned Python packages into site/requirements.lock."""
    environment.make_lock(ROOT)


def read_arguments(arguments):
    """Returns the options, with `command` as the function to call."""
    parser = argparse.ArgumentParser(prog="build.py", description="Builds, serves and tests Quantization Lab.")
    commands = parser.add_subparsers(metavar="command")
    parser.set_defaults(command=lambda _options: build())
    commands.add_parser("build", help="make dist/ (the default)")
    serving = commands.add_parser("serve", help="make dist/, serve it on this machine, open the browser")
    serving.add_argument(
        "--port", type=int, default=8000, metavar="N", help="port to serve on (default 8000; 0: any free)"
    )
    serving.add_argument("--no-open", dest="open", action="store_false", help="do not open a browser")
    serving.set_defaults(command=run_serve)
    testing = commands.add_parser("test", help="run every check; what follows goes to pytest")
    testing.add_argument(
        "--quick", action="store_true", help="only what needs no browser and no build: within a minute"
    )
    testing.set_defaults(command=run_test)
    measured = commands.add_parser("bench", help="measure speed")
    measured.add_argument("part", nargs="?", help="one of " + ", ".join(measuring.PARTS) + " (default: all but slow)")
    measured.add_argument(
        "--against", type=Path, metavar="DIR", help="compare with another build: a dist/, or its folder"
    )
    measured.set_defaults(command=run_bench)
    commands.add_parser("lock", help="note the digests of the Python packages anew").set_defaults(command=run_lock)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command is not run_test:
        parser.error("unknown arguments: " + " ".join(rest))
    options.pytest = rest
    return options


def main(arguments):
    """Runs the command and returns the exit status."""
    options = read_arguments(arguments)
    try:
        options.command(options)
        return 0
    except BuildError as error:
        words = str(error)
    except OSError as error:
        words = faults.told(error)
        if not words:
            raise
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print("build.py: " + words, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
