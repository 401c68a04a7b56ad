"""What an instrument is: one way to look at a result."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """One chart with its words and its numbers.

    Attributes:
        name: the key of its figure.
        title: what it shows.
        caption: in plain language, what to see in it.
        figure: a Plotly figure as a plain dict.
        table: its twin in numbers.
        width: "full" or "half" of the page's grid.
    """

    name: str
    title: str
    caption: str
    figure: Json
    table: Json
    width: str = "full"

    def view(self) -> Json:
        """The instrument as the answer carries it; its figure goes under `figures`."""
        return {
            "name": self.name,
            "title": self.title,
            "caption": self.caption,
            "table": self.table,
            "width": self.width,
        }
