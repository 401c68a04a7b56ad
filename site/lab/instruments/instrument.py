"""What an instrument is, one way to look at a result, and what a line of the table of instruments says about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ..answer_types import Figure, Node, Offer, Step, Switches, Table
from ..results.result import Result

GROUPS = {
    "mapping": "How each number is decided",
    "range": "Which range to cover",
    "error": "What is lost",
    "stored": "How it is stored",
    "matrix": "Rows, columns and products",
    "compare": "Compared with others",
}
"""The questions that instruments help to answer, in the order of the page, with their titles."""
RANGE_ENDS = ("range_min", "range_max")
"""The fields that handles at the ends of a range set."""


class Size(StrEnum):
    """How much room an instrument has on the page."""

    LEAD = "lead"  # the first thing on the page, above its group
    FULL = "full"  # all of the width
    TALL = "tall"  # all of the width, for a figure that is higher than others
    HALF = "half"  # two side by side


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """One chart with its words and its numbers.

    Attributes:
        caption: in plain language, what to see in it.
        use: what one can do with it on a screen, in a sentence after the caption; left out on paper.
        figure: a Plotly figure as a plain dict; None where words and numbers say all.
        table: its twin in numbers.
        title: what it shows, where the title in the table of instruments does not fit this result.
        handles: what of the figure can be moved, by the field of the request that it sets: where on the x axis. One
            number of a field of many is called by its index, "values:3".
        heights: where on the y axis handles are, by the same names; the others are beneath the figure.
        steps: its own arithmetic, as the answer's steps are; empty where it has none.
        tables: further tables, beside the chart's twin.
        switches: the bits of a code, to be flipped; None where there are none.
        nodes: what else it shows.
        reply: the answer in words to the question in its title, or to one that the request asks; else empty.
        offers: the requests that the reply names, to be taken.
    """

    caption: str
    figure: Figure | None
    table: Table
    title: str = ""
    handles: Mapping[str, float] = field(default_factory=dict)
    heights: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    tables: Sequence[Table] = ()
    reply: str = ""
    offers: Sequence[Offer] = ()
    switches: Switches | None = None
    nodes: Sequence[Node] = ()
    use: str = ""


def always(result: Result) -> bool:
    """The instrument has something to say about every result."""
    return True


def when_quantizing(result: Result) -> bool:
    """The instrument needs the values before quantization, which nobody knows of codes that are given."""
    return not result.settings.is_dequantize


def when_measured(result: Result) -> bool:
    """The instrument needs errors: of values that come back as numbers."""
    return result.metrics is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """All that is to be known of an instrument outside its module; the page and its HTML are made from it.

    Attributes:
        title: what it shows, as a heading, and its one name wherever it is listed.
        group: which question it helps to answer, a key of :data:`GROUPS`.
        build: makes it for a result.
        size: how much room it has on the page.
        applies: whether it has something to say about a result, found out at no cost.
        controls: the fields that ask it something, which stand beside it.
        in_first_reply: whether the page waits for it before it shows anything of an answer.
        opens_table: whether its twin in numbers is unfolded from the start.
    """

    title: str
    group: str
    build: Callable[[Result], Instrument]
    size: Size = Size.FULL
    applies: Callable[[Result], bool] = always
    controls: tuple[str, ...] = ()
    in_first_reply: bool = False
    opens_table: bool = False
