"""Reads, from a page, what it loads and where it links to."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser

LOADING = {"src", "href", "poster", "data", "xlink:href", "action", "formaction", "imagesrcset", "srcset", "config"}
LINKS = {"a", "area"}  # followed by the reader, not loaded by the page


def parse(page: str) -> "Parser":
    """Reads a page."""
    parser = Parser()
    parser.feed(page)
    parser.close()
    return parser


def references(page: str) -> Iterator[tuple[str, bool]]:
    """Gives each address in a page, and whether it is a link.

    A fragment that leads nowhere in the same page comes with a name that no file has.

    >>> list(references('<a href="https://a.b">x</a><img src="i.png"><p id="here"></p><a href="#here">y</a>'))
    [('https://a.b', True), ('i.png', False), ('', True)]
    """
    parser = parse(page)
    here = {"", "top", *parser.ids}
    for target, is_link in parser.found:
        if not target.startswith("#"):
            yield target, is_link
        elif target[1:] in here or "=" in target:  # with a "=", it is a request for the lab
            yield "", is_link
        else:
            yield f"no-element-with-id{target}", is_link


class Parser(HTMLParser):
    """Collects addresses and ids."""

    def __init__(self) -> None:
        """Begins with nothing found."""
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self.ids: set[str] = set()
        self.scripts = ""
        self.styles = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects what an element's attributes name."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in LOADING and value is not None:
                self.found += [(target, tag in LINKS) for target in targets(name, value)]

    def handle_data(self, data: str) -> None:
        """Collects what stands in <script> and <style>, which HTML does not parse."""
        if self.cdata_elem == "script":
            self.scripts += data
        elif self.cdata_elem == "style":
            self.styles += data


def targets(attribute: str, value: str) -> list[str]:
    """Lists the addresses in an attribute: one, or several in a `srcset`, or those of PyScript's configuration."""
    if attribute in ("srcset", "imagesrcset"):
        return [candidate.split()[0] for candidate in value.split(",") if candidate.strip()]
    if attribute == "config" and value.lstrip().startswith("{"):
        config = json.loads(value)
        return [*([config["interpreter"]] if "interpreter" in config else []), *config.get("files", {})]
    return [value]
