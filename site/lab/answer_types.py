"""The shape of an answer, written down once: mypy holds the lab to it, a test the page, and authors.html shows it.

What a member means stands beside its type, and nowhere else. Everything is plain, strict JSON: where there is no finite
number there is null.
"""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

VERSION = 1
"""Of the shape. What is added leaves it; what is taken away, or comes to mean something else, raises it."""

Node: TypeAlias = str | list[Any]  # a text, or [tag, {attribute: text}, *children]
Trace: TypeAlias = dict[str, Any]  # as in Plotly's reference


class ShortNumber(TypedDict):
    """A number of a sentence that has more digits than are read."""

    at: Annotated[int, "where it begins in the sentence, in characters"]
    brief: Annotated[str, "as it stands there"]
    digits: Annotated[str, "all of its digits"]


class Problem(TypedDict):
    """One thing that is wrong with a request."""

    field: Annotated[str, "the name of the field"]
    message: Annotated[str, "what was found, what is allowed, what to do"]


class Failure(TypedDict):
    """The answer to a request that cannot be computed."""

    version: Annotated[int, "of the shape of answers"]
    ok: Annotated[Literal[False], "false"]
    errors: Annotated[list[Problem], "everything that is wrong, each at its field"]


class Params(TypedDict):
    """The parameters, one of each for all numbers or one for each slice or block."""

    scale: Annotated[list[float | None], "the steps between neighbouring codes"]
    zero_point: Annotated[list[int | float | None], "the codes of the real 0"]
    qmin: Annotated[int, "the lowest code of the format"]
    qmax: Annotated[int, "the highest code of the format"]
    scale_factor: Annotated[list[float | None], "the reciprocals of the scales"]


class Metrics(TypedDict):
    """The error figures; null where nobody knows the values, or there is no finite number."""

    max_abs: Annotated[float | None, "the largest absolute error"]
    mae: Annotated[float | None, "the mean absolute error"]
    mse: Annotated[float | None, "the mean squared error"]
    rmse: Annotated[float | None, "its square root"]
    sqnr_db: Annotated[float | None, "the signal-to-quantization-noise ratio, in decibels"]
    cosine: Annotated[float | None, "the cosine similarity of values and reconstruction"]
    clipped_share: Annotated[float | None, "the share of values that are clipped, from 0 to 1"]


class Tile(TypedDict):
    """One figure, for people."""

    key: Annotated[str, "its name"]
    label: Annotated[str, "what it is called"]
    symbol: Annotated[Node, "its symbol as a node, or empty"]
    value: Annotated[str, "the figure"]
    brief: Annotated[str, "the figure in at most five digits"]
    digits: NotRequired[Annotated[str, "the figure with all of its digits, where `value` has fewer"]]
    many: NotRequired[Annotated[str, "how many numbers it stands for, where they differ"]]
    hint: Annotated[str, "what it means"]


class Setting(TypedDict):
    """One setting, for people."""

    name: Annotated[str, "the name of the field"]
    label: Annotated[str, "what it is called"]
    text: Annotated[str, "what it is set to, cut where it is long"]


class Column(TypedDict):
    """One column of a table."""

    key: Annotated[str, "its name"]
    label: Annotated[str, "its head"]
    hint: Annotated[str, "what is in it"]
    is_text: NotRequired[Annotated[bool, "whether it holds words, and no numbers"]]


class Row(TypedDict):
    """One row of a table."""

    index: Annotated[int, "the element that it is about"]
    selected: Annotated[bool, "whether it is the one to point out"]
    cells: Annotated[list[str], "the texts, a column each, numbers with all of their digits"]
    brief: NotRequired[Annotated[dict[str, str], "the texts that are read instead of those at some positions"]]
    sort: NotRequired[Annotated[list[str | float | None], "what to sort by, a column each"]]
    name: NotRequired[Annotated[str, "the name of the scheme that it is about"]]
    fields: NotRequired[Annotated[dict[str, str], "the fields of the request that takes what it is about"]]


class Table(TypedDict):
    """A table, or one page of it."""

    caption: Annotated[str, "what it shows"]
    columns: Annotated[list[Column], "its columns, but for the index"]
    rows: Annotated[list[Row], "its rows, or those of the page"]
    first: Annotated[int, "the index of the first row"]
    total: Annotated[int, "how many rows there are on all pages"]
    page_size: Annotated[int, "how many rows a page has"]
    is_rounded: NotRequired[Annotated[bool, "true where digits are left out in a brief text"]]
    has_index: NotRequired[Annotated[bool, "false where the index of a row says nothing"]]


class Step(TypedDict):
    """One step of the arithmetic of one number."""

    key: Annotated[str, "its name"]
    title: Annotated[str, "what is found"]
    text: Annotated[str, "how, in words"]
    math: Annotated[Node, "the equation as a node: pieces of MathML, between which its lines break"]
    latex: Annotated[str, "the equation as LaTeX"]


class Derivation(TypedDict):
    """Steps as one text."""

    latex: Annotated[str, "for a paper"]
    markdown: Annotated[str, "for a notebook"]


class Named(TypedDict):
    """A name and what it is called on the page."""

    name: Annotated[str, "as in the rest of the answer"]
    title: Annotated[str, "for people"]


class Figure(TypedDict):
    """A figure for Plotly."""

    data: Annotated[list[Trace], "its traces"]
    layout: Annotated[dict[str, Any], "its layout, without a theme"]


class Switch(TypedDict):
    """One bit."""

    field: Annotated[str, "what it is part of: sign, exponent, mantissa, integer, index, or a field of a block"]
    shift: Annotated[int, "its place in the code, 0 the lowest"]
    label: Annotated[str, "the same in words"]


class Switches(TypedDict):
    """A code as switches, and the numbers of the codes that they can make."""

    code: Annotated[int, "the code, unsigned"]
    switches: Annotated[list[Switch], "its bits, the highest first"]
    numbers: Annotated[dict[str, str], "what each code is, in a sentence: of all, or of those with one bit flipped"]
    marks: Annotated[dict[str, float], "what each of them is, where it is a number: its place on the lines"]


class Offer(TypedDict):
    """Another request, one click away."""

    label: Annotated[str, "what the button says"]
    fields: Annotated[dict[str, str], "the fields that it sets"]


class InstrumentView(TypedDict):
    """One instrument; what stands below has_figure is there only if it was built, but for waits and opens_table."""

    name: Annotated[str, "as in a request’s show"]
    title: Annotated[str, "what it shows"]
    group: Annotated[str, "which question it helps to answer"]
    size: Annotated[str, "how much room it takes: lead, full, tall or half"]
    controls: Annotated[list[str], "the fields beside it"]
    applies: Annotated[bool, "whether it was built"]
    has_figure: Annotated[bool, "whether figures has one by its name"]
    waits: NotRequired[Annotated[bool, "true if it would apply, were it shown"]]
    opens_table: NotRequired[Annotated[bool, "true if its table is unfolded from the start"]]
    caption: NotRequired[Annotated[str, "what to see in it"]]
    caption_digits: NotRequired[Annotated[list[ShortNumber], "its shortened numbers"]]
    use: NotRequired[Annotated[str, "what one can do with it on a screen"]]
    table: NotRequired[Annotated[Table, "the figure in numbers"]]
    tables: NotRequired[Annotated[list[Table], "further tables"]]
    steps: NotRequired[Annotated[list[Step], "its own arithmetic"]]
    copy: NotRequired[Annotated[Derivation, "the same as texts"]]
    reply: NotRequired[Annotated[str, "the answer to the question in its title, and to what else it was asked"]]
    reply_digits: NotRequired[Annotated[list[ShortNumber], "its shortened numbers"]]
    offers: NotRequired[Annotated[list[Offer], "what its reply names, one click away"]]
    switches: NotRequired[Annotated[Switches, "the bits of a code, to be flipped"]]
    nodes: NotRequired[Annotated[list[Node], "what else it shows, as nodes"]]
    handles: NotRequired[
        Annotated[dict[str, float], "where on the x axis fields of the request stand; or `values:3`, one number"]
    ]
    heights: NotRequired[Annotated[dict[str, float], "where on the y axis; those that are not named are beneath"]]
    ends: NotRequired[Annotated[dict[str, str], "handles at the ends of the range, as the texts of these fields"]]


class Notice(TypedDict):
    """A remark."""

    level: Annotated[str, "info or warning"]
    message: Annotated[str, "the remark"]
    digits: NotRequired[Annotated[list[ShortNumber], "its shortened numbers"]]
    offers: NotRequired[Annotated[list[Offer], "what can be done about it"]]


class StoredLevel(TypedDict):
    """Numbers by which codes become values, one level of several."""

    name: Annotated[str, "as the authors of the format call it: scale, d, dmin, tensor_scale"]
    format: Annotated[str, "the number format in which they are stored"]
    values: Annotated[list[float | None], "the first 100"]


class StoredNumbers(TypedDict):
    """Numbers as a format stores them."""

    format: Annotated[str, "its name"]
    block_size: Annotated[int, "how many neighbours are a block; 1 where there are none"]
    bits_per_value: Annotated[float, "everything counted"]
    hex: Annotated[str, "the first 4,096 bytes as they lie in a file"]
    levels: Annotated[list[StoredLevel], "the outermost first"]


class DescribedFirst(TypedDict):
    """What is shown first of an answer."""

    version: Annotated[int, "of the shape of answers"]
    ok: Annotated[Literal[True], "true"]
    request: Annotated[dict[str, str], "every field of the request, also those that were left out"]
    defaults: Annotated[dict[str, str], "what each field stands for when it is left out"]
    params: Annotated[Params, "scale and zero point"]
    shape: Annotated[list[int], "the lengths of the axes"]
    label: Annotated[str, "the settings in a few words, such as int8 affine"]
    fingerprint: Annotated[str, "of the numbers that were given: the same for the same ones, whatever is made of them"]
    metrics: Annotated[Metrics, "the error figures"]
    settings: Annotated[list[Setting], "the settings that play a part, for people"]
    summary: Annotated[list[Tile], "parameters and error figures, for people"]
    reading: NotRequired[Annotated[str, "how the text of the numbers was understood"]]
    axis_reading: NotRequired[Annotated[str, "which numbers share a scale, where an axis says so"]]
    groups: Annotated[list[Named], "the questions that instruments help to answer"]
    notices: Annotated[list[Notice], "what is worth knowing"]
    stored: NotRequired[Annotated[StoredNumbers, "of formats other than plain integers"]]
    truncated: NotRequired[Annotated[bool, "true if there are more numbers than are listed"]]


class DescribedLater(TypedDict):
    """What takes longer to make."""

    table: Annotated[Table, "number by number: the page with the one that is followed"]
    steps: Annotated[list[Step], "the arithmetic of the number that is followed"]
    copy: Annotated[Derivation, "the steps as texts"]
    programs: Annotated[list[Named], "the kinds of programs"]
    code: Annotated[dict[str, str], "the same computation as a program of each kind"]


class Described(DescribedFirst, DescribedLater):
    """An answer but for its arrays."""

    instruments: Annotated[list[InstrumentView], "the instruments, each in its place"]
    figures: Annotated[dict[str, Figure], "the figures of those that were built, by name"]


class Answer(Described):
    """The answer to a request; the three arrays are flat and hold the first 10,000 numbers."""

    codes: Annotated[list[int | float | None], "the codes"]
    values: Annotated[list[float | None], "the numbers before quantization"]
    dequantized: Annotated[list[float | None], "the numbers that the codes stand for"]


class Added(TypedDict):
    """One instrument for a request that was answered without it."""

    version: Annotated[int, "of the shape of answers"]
    ok: Annotated[Literal[True], "true"]
    instruments: Annotated[list[InstrumentView], "the instrument"]
    figures: Annotated[dict[str, Figure], "its figure"]


class Download(TypedDict):
    """A result as a file."""

    version: Annotated[int, "of the shape of answers"]
    ok: Annotated[Literal[True], "true"]
    name: Annotated[str, "the name of the file"]
    type: Annotated[str, "its media type"]
    data: Annotated[str, "its bytes, base64-coded"]
