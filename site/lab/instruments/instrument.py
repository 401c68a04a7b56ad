"""What an instrument is: one way to look at a result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..notation.derivation import derivation
from ..results.result import Result

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """One chart with its words and its numbers.

    Attributes:
        name: the key of its figure.
        title: what it shows.
        caption: in plain language, what to see in it.
        figure: a Plotly figure as a plain dict; None where words and numbers say all.
        table: its twin in numbers.
        width: "full" or "half" of the page's grid.
        steps: its own arithmetic, as the answer's steps are; empty where it has none.
        tables: further tables, beside the chart's twin.
        reply: the answer in words to a question that the request asks; empty where it asks none.
        handles: lines of the figure that stand for fields of the request, by the field's name: where on the x axis.
    """

    name: str
    title: str
    caption: str
    figure: Json | None
    table: Json
    width: str = "full"
    handles: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[Json] = ()
    tables: Sequence[Json] = ()
    reply: str = ""

    def view(self) -> Json:
        """The instrument as the answer carries it; its figure goes under `figures`."""
        seen: Json = {
            "name": self.name,
            "title": self.title,
            "caption": self.caption,
            "table": self.table,
            "width": self.width,
            "applies": True,
            "has_figure": self.figure is not None,
        }
        extra: Json = {"steps": list(self.steps), "tables": list(self.tables), "reply": self.reply}
        if self.steps:
            extra["copy"] = derivation(list(self.steps))
        seen |= {key: value for key, value in extra.items() if value}
        return {**seen, "handles": dict(self.handles)} if self.handles else seen


def always(result: Result) -> bool:
    """The instrument has something to say about every result."""
    return True


def when_quantizing(result: Result) -> bool:
    """The instrument needs the values before quantization, which nobody knows of codes that are given."""
    return not result.settings.is_dequantize


@dataclass(frozen=True, slots=True)
class Entry:
    """An instrument's place in the table.

    Attributes:
        title: what it shows; stands in for the instrument's own until that is built.
        group: which question it helps to answer: mapping, range, error, matrix or compare.
        build: makes it for a result.
        applies: whether it has something to say about a result, found out at no cost.
        controls: the fields that ask it something, which stand beside it.
    """

    title: str
    group: str
    build: Callable[[Result], Instrument]
    applies: Callable[[Result], bool] = always
    controls: tuple[str, ...] = ()
