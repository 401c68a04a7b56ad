"""How a model file's tensors are listed: what is searched for, in which order, as nodes."""

import json

STEP = 50  # rows that are shown at first, and so many more on request
TYPES = 8  # types that are summed up by name
OTHERS = 4  # models that were opened last, which this one can be compared with
COLUMNS = (  # MicroPython's dictionaries have no order
    ("name", "Tensor"),
    ("n", "Shape"),
    ("dtype", "Stored as"),
    ("bits", "Bits per value"),
    ("size", "Size"),
    ("share", "Share"),
)
WORDS = ("name", "dtype")


class Listed:
    """What is listed, and how."""

    def __init__(self):
        """Begins without a file."""
        self.rows = []
        self.about = None
        self.name = ""
        self.sha256 = ""
        self.query = ""
        self.key = ""  # of COLUMNS; empty: in the order of the file
        self.is_falling = False
        self.n_shown = STEP


def found(listed):
    """The rows that are searched for, in their order."""
    words = listed.query.lower().split()
    rows = [row for row in listed.rows if _has(row, words)]
    if listed.key:
        rows.sort(key=lambda row: row[listed.key], reverse=listed.is_falling)
    return rows


def _has(row, words):
    text = (row["name"] + " " + row["dtype"]).lower()
    return all(word in text for word in words)


def nodes(listed):
    """The table with what stands above it."""
    rows = found(listed)
    head = ["tr", {}] + [_heading(listed, key, title) for key, title in COLUMNS]
    head.insert(3, ["th", {"scope": "col"}, "More"])
    table = [
        "table",
        {"class": "numbers"},
        ["thead", {}, head],
        ["tbody", {}] + [_row(listed, row) for row in rows[: listed.n_shown]],
    ]
    parts = [
        ["h2", {"id": "tensors-title"}, "Tensors of " + listed.name],
        ["p", {}, _summary(listed)],
        ["p", {"class": "hint"}, _types(listed)],
        ["p", {"class": "actions"}, _asks(listed, {"ask": "model"}, "Look into the file", listed.name)],
    ]
    for other in listed.about["others"][-OTHERS:]:
        question = {"ask": "pairs", "other": other["name"], "other_sha256": other["sha256"]}
        parts[3].append(_asks(listed, question, "Compare with " + other["name"]))
    parts += [["p", {"class": "notice"}, notice] for notice in listed.about["notices"]]
    parts.append(
        [
            "p",
            {"class": "field"},
            ["label", {"for": "tensor-search"}, "Search"],
            ["input", {"id": "tensor-search", "type": "search", "placeholder": "attn_q, Q4_K", "autocomplete": "off"}],
        ]
    )
    parts.append(
        ["div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-labelledby": "tensors-title"}, table]
    )
    count = f"{min(listed.n_shown, len(rows)):,} of {len(rows):,} shown"
    parts.append(
        ["p", {"class": "hint", "role": "status"}, count if rows else "No tensor has this in its name or type."]
    )
    if len(rows) > listed.n_shown:
        parts.append(["button", {"type": "button", "class": "button", "data-action": "more-tensors"}, "Show more"])
    return parts


def _heading(listed, key, title):
    attributes = {"scope": "col"}
    if key == listed.key:
        attributes["aria-sort"] = "descending" if listed.is_falling else "ascending"
    sort_ = {"type": "button", "class": "sort", "data-action": "sort-tensors", "data-by": key}
    return ["th", attributes, ["button", sort_, title]]


def _row(listed, row):
    take = {"direction": "quantize", "source": "file", "tensor": row["name"], "rows": "", "element": "0", "shape": ""}
    take["format"] = ""
    choose = {"type": "button", "class": "sort", "data-action": "choose", "data-fields": json.dumps(take)}
    button = ["button", choose, row["name"]]
    return [
        "tr",
        {},
        ["th", {"scope": "row"}, button],
        ["td", {}, _asks(listed, {"ask": "tensor", "tensor": row["name"]}, "Look into", row["name"])],
        ["td", {}, " × ".join([str(length) for length in row["shape"]])],
        ["td", {}] + _stored_as(row),
        ["td", {"class": "number"}, f"{row['bits']:.4g}"],
        ["td", {"class": "number"}, _size(row["size"])],
        ["td", {"class": "number"}, f"{100 * row['share']:.1f} %"],
    ]


def _asks(listed, question, label, what=""):
    """The button that asks something of the file; what of is told to who does not see where it stands."""
    question.update({"file": listed.name, "file_sha256": listed.sha256})
    attributes = {"type": "button", "class": "button", "data-action": "inspect", "data-question": json.dumps(question)}
    if what:
        attributes["aria-label"] = label + " " + what
    return ["button", attributes, label]


def _stored_as(row):
    """The type, and where the bytes can be shown, what shows them."""
    if "as_stored" not in row:
        return [row["dtype"]]
    take = {"direction": "dequantize", "source": "file", "tensor": row["name"], "rows": "", "element": "0", "shape": ""}
    take.update(row["as_stored"])
    see = {"type": "button", "class": "sort", "data-action": "choose", "data-fields": json.dumps(take)}
    see["aria-label"] = row["name"] + " as it is stored, in " + row["dtype"]
    return [["button", see, row["dtype"]]]


def _summary(listed):
    n, bits = len(listed.rows), listed.about["bits_per_value"]
    tensors = "1 tensor" if n == 1 else f"{n:,} tensors"
    total = _size(sum([row["size"] for row in listed.rows]))
    what = "Choose a name to quantize its values, a type to see them as they are stored."
    return f"{listed.about['kind']}: {tensors}, {total}, {bits:.4g} bits per value. {what}"


def _types(listed):
    """What takes how much of the file, the most first."""
    sums = {}
    for row in listed.rows:
        count, share = sums.get(row["dtype"], (0, 0.0))
        sums[row["dtype"]] = (count + 1, share + row["share"])
    ranked = sorted(sums.items(), key=lambda pair: -pair[1][1])
    told = [f"{dtype} {100 * share:.1f} % ({count:,})" for dtype, (count, share) in ranked[:TYPES]]
    if len(ranked) > TYPES:
        told.append(f"and {len(ranked) - TYPES} more types")
    return "Of the bytes: " + ", ".join(told) + "."


def _size(n_bytes):
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.3g} {unit}"
    return f"{n_bytes} bytes"
