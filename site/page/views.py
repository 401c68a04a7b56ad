"""An answer drawn as nodes: pure functions, used by the page while it runs and by the build before anything runs.

A node is a string or `[tag, {attribute: value}, *children]`. No string is empty, and no two stand side by side: so the
browser reads the same nodes from what the build writes of them. Nothing here knows the document.
"""

import json

from page import words

MEGABYTE = 1_000_000

ABOUT = "≈"  # before a number of which digits were left out


def summary(answer):
    """One tile for each parameter and error figure."""
    tiles = [
        [
            "div",
            {"class": "tile", "data-key": item["key"]},
            ["dt", {}, item["label"] + " ", ["span", {"class": "symbol"}] + _text(item.get("symbol", ""))],
            [
                "dd",
                {},
                ["output", _with_digits({"class": "value"}, _in_full(item), item["brief"]), item["brief"]],
                ["span", {"class": "hint"}, item["hint"]],
            ],
        ]
        for item in answer["summary"]
    ]
    _begin([tile[3][2] for tile in tiles])
    return tiles


def settings(answer):
    """The settings in words, for paper."""
    return [
        ["div", {"data-setting": item["name"]}, ["dt", {}, item["label"]], ["dd", {}, item["text"]]]
        for item in answer["settings"]
    ]


def way_back(link, picture):
    """Where to find these settings again, for paper: the link in words, and its QR code if there is one."""
    if not link:
        return [["p", {}, words.WAY_BACK_TOO_LONG]]
    nodes = [["p", {}, words.WAY_BACK, ["a", {"href": link}, link]]]
    if picture:
        return [["img", {"src": picture, "alt": words.QR_CODE}]] + nodes
    return nodes


WIDEST = 9  # characters of a figure that stays in view, in large type
STRIP = ("bits_per_value", "scale", "zero_point", "max_abs", "sqnr_db", "clipped_share", "outside_share")


def strip(answer):
    """The figures that stay in view, each with what it was before the last change, or against the kept result."""
    kept = answer.get("kept")
    before = {item["key"]: item for item in (answer.get("before", ()) if kept is None else kept["summary"])}
    nodes = []
    for item in answer["summary"]:
        if item["key"] in STRIP:
            was = before.get(item["key"])
            text = _in_strip(item)
            attributes = {"data-long": ""} if len(text) > WIDEST else {}
            figure = ["output", _with_digits(attributes, _in_full(item), text), text]
            value = ["dd", {}, figure]
            if was is not None and kept is not None:
                attributes = {"class": "was", "title": words.KEPT_VALUE.format(value=was["value"])}
                value.append(["span", attributes, difference(item["value"], was["value"])])
            elif was is not None and was["brief"] != item["brief"]:
                value.append(["span", {"class": "was"}, words.WAS.format(value=_in_strip(was))])
            nodes.append(["div", {"class": "figure-now", "data-now": item["key"]}, ["dt", {}, item["label"]], value])
    _begin([node[3][2] for node in nodes])
    return nodes


def _in_full(item):
    return item.get("digits", item["value"])


def _in_strip(item):
    return item.get("many", item["brief"])


def data(answer):
    """What the numbers are where they are not typed, as the field of typed ones is not there then."""
    found = {item["name"]: item["text"] for item in answer["settings"]}
    told = [found[name] for name in ("direction", "source", "file", "tensor", "shape") if name in found]
    if "direction" not in found and "source" not in found:
        return []
    change = ["a", {"href": "#controls", "data-focus": "source"}, words.CHANGE]
    return [words.DATA, ["b", {}, ", ".join(told)], " ", change]


def difference(now, kept):
    """A figure against that of the kept result; where either is no single number, what the kept one is.

    >>> difference("≈25.92 dB", "≈50.18 dB"), difference("−5", "0"), difference("2 scales, 1.0 to 3.0", "0.5")
    ('−24.3 dB vs kept', '−5 vs kept', 'kept: 0.5')
    >>> difference("≈50.18 dB", "≈50.18 dB"), difference("no error", "≈50.18 dB")
    ('as kept', 'kept: ≈50.18 dB')
    """
    if now == kept:
        return words.AS_KEPT
    one, other = _amount(now), _amount(kept)
    if one is None or other is None or one[1] != other[1]:
        return words.KEPT_VALUE.format(value=kept)
    digits = f"{one[0] - other[0]:+.3g}".replace("-", "−")
    return words.AGAINST_KEPT.format(difference=digits + one[1])


def _amount(text):
    """The number and the unit of a formatted figure, such as (25.92, " dB"); None where it is no single number."""
    digits, space, unit = text.replace(ABOUT, "").replace("−", "-").replace(",", "").partition(" ")
    if space and unit not in ("dB", "%"):
        return None
    try:
        return float(digits), space + unit
    except ValueError:
        return None


def keeping(answer):
    """The button that keeps this result, or lets the kept one go, which is named beside it."""
    button = {"type": "button", "class": "button", "data-action": "keep"}
    kept = answer.get("kept")
    if kept is None:
        return [["button", button, words.KEEP]]
    is_same = kept["fingerprint"] == answer["fingerprint"]
    said = (words.KEPT if is_same else words.KEPT_OTHER_VALUES).format(label=kept["label"])
    button["data-action"] = "let-go"
    return [["button", button, words.LET_GO], ["span", {"title": said}, said]]


def _of_kept(name, answer):
    """What a caption says of the kept result in its chart; empty where there is nothing to say."""
    kept = answer.get("kept")
    if kept is None or name not in kept["charts"]:
        return ""
    if kept["charts"][name]:
        said = words.KEPT_IN_GREY
    else:
        is_same = kept["fingerprint"] == answer["fingerprint"]
        said = words.KEPT_OTHER_AXES if is_same else words.KEPT_IS_OTHER
    return said.format(label=kept["label"])


def notices(answer):
    """What is worth knowing about this result: one note in a line, all of them on request, and what is offered."""
    notes = answer["notices"]
    if not notes:
        return []
    first = min(notes, key=lambda note: (not note.get("offers"), note["level"] != "warning"))
    count = words.counted(words.NOTES, len(notes))
    head = ["summary", {}, ["span", {"class": "notes-count"}, count], ["span", {}, first["message"]]]
    told = [["p", {"class": "notice", "data-level": n["level"]}] + _sentence(n, "message", "digits") for n in notes]
    nodes = [["details", {"class": "notes"}, head, ["div", {"class": "notes-all"}] + told]]
    offers = [button for note in notes for button in _offers(note.get("offers", []))]
    return nodes + ([["p", {"class": "offers"}] + offers] if offers else [])


def error_words(tiles):
    """How large the error is, to be said after something else."""
    return "".join([", " + item["label"] + " " + item["brief"] for item in tiles if item["key"] == "sqnr_db"])


SPOKEN = ("x", "q", "x_hat", "error")  # columns of the table of numbers


def row_words(table, element):
    """What the table of numbers says of one of them, in a line; empty where it is not on this page of it.

    >>> columns = [{"key": "x"}, {"key": "q"}, {"key": "hex"}, {"key": "error_steps"}]
    >>> row_words({"columns": columns, "rows": [{"index": 4, "cells": ["0.1", "-1", "ff", "0.11"]}]}, 4)
    'x 0.1, code -1, 0.11 of a step'
    """
    for row in table["rows"]:
        if row["index"] == element:
            cells = {column["key"]: brief(row, at) for at, column in enumerate(table["columns"])}
            said = [words.SPOKEN[key].format(number=cells[key]) for key in SPOKEN if key in cells]
            if "error_steps" in cells:
                said.append(words.OF_A_STEP.format(number=cells["error_steps"]))
            return ", ".join(said)
    return ""


def number_words(x, code, back):
    """What a number is, which is not in the table, in a line; None is no finite number.

    >>> number_words(0.1, -1, 0.09725490196), number_words(None, 127, 2.5)
    ('x 0.1, code -1, back 0.0972549', 'code 127, back 2.5')
    """
    told = [("x", x), ("q", code), ("x_hat", back)]
    return ", ".join([words.SPOKEN[key].format(number=f"{one:.6g}") for key, one in told if one is not None])


def _offers(offers):
    """A button for each request that is offered."""
    button = {"type": "button", "class": "button", "data-action": "choose"}
    nodes = []
    for offer in offers:
        nodes += [" ", ["button", dict(button, **{"data-fields": _as_json(offer["fields"])}), offer["label"]]]
    return nodes


def _as_json(fields):
    """Fields as JSON, by name, so that MicroPython, whose dicts have no order, and the build write the same."""
    return "{" + ", ".join([json.dumps(name) + ": " + json.dumps(fields[name]) for name in sorted(fields)]) + "}"


def understood(answer, name):
    """How the text of a field of numbers was read, for the place beneath it; nothing where it is not the one in use."""
    if name == "axis":
        return [answer["axis_reading"]] if answer.get("axis_reading") else []
    used = "codes" if answer["request"]["direction"] == "dequantize" else "values"
    used = "file" if answer["request"]["source"] == "file" else used
    return [answer["reading"]] if name == used and answer.get("reading") else []


def table(answer):
    """Some of the values, in the order that was asked for, with the way to the others."""
    shown, is_by_error = answer["table"], answer["request"]["table_order"] == "error"
    drawn = _table(shown, followable=True, by_error=is_by_error)
    return [_scrolling(drawn, shown["caption"])] + _pager(shown, is_by_error)


def still_table(answer):
    """The same page of the values, for reading only."""
    shown = answer["table"]
    return [_scrolling(_table(shown, followable=False), shown["caption"])]


def steps(answer):
    """The arithmetic of the followed element, one step below the other."""
    return [_step(step) for step in answer["steps"]]


def worked_example(answer):
    """The notebook's example for the essay: the parameters step by step, then every value."""
    of_tensor = [_step(step) for step in answer["steps"] if step["key"] in ("range", "scale_factor", "zero_point")]
    shown = answer["table"]
    return [["ol", {"class": "steps"}] + of_tensor, _scrolling(_table(shown, followable=False), shown["caption"])]


def code(answer):
    """The request as source code, one block a kind, each with buttons that copy it and save it as a file."""
    button = {"type": "button", "class": "button needs-script"}
    return [
        [
            "figure",
            {"class": "snippet", "data-kind": kind},
            [
                "figcaption",
                {},
                ["span", {}, title],
                ["button", dict(button, **{"data-action": "save-code"}), words.DOWNLOAD_PROGRAM],
                ["button", dict(button, **{"data-action": "copy"}), words.COPY],
            ],
            ["pre", {"tabindex": "0"}, ["code", {}, text]],
        ]
        for program in answer["programs"]
        for kind, title, text in [(program["name"], program["title"], answer["code"].get(program["name"]))]
        if text
    ]


def errors(found, has_result=True):
    """The list of wrong fields, each a link to its control; `has_result` is whether an earlier result is shown."""
    if not found:
        return []
    title = words.counted(words.ERRORS, len(found))
    links = [
        ["li", {}, ["a", {"href": "#" + item["field"], "data-focus": item["field"]}, item["message"]]] for item in found
    ]
    return [["h2", {}, title], ["ul", {}] + links] + ([["p", {}, words.LAST_VALID]] if has_result else [])


def loading(stages, fallback_reason=""):
    """What is being loaded, in words and bytes; `stages` are (name, received, total) in order of their start."""
    if not stages:
        return [
            ["p", {}, words.STARTING, ["span", {"class": "of-example"}, words.EXAMPLE_MEANWHILE]],
            ["progress", {"aria-label": words.PROGRESS_STARTING}],
        ]
    received = sum([stage[1] for stage in stages])
    total = sum([stage[2] for stage in stages])
    name, part, whole = next((stage for stage in stages if stage[1] < stage[2]), stages[-1])
    if part < whole:
        text = words.LOADING.format(name=name, part=_megabytes(part), whole=_megabytes(whole))
    else:
        text = words.LOADED.format(received=_megabytes(received))
    attributes = {}
    if fallback_reason:
        text = words.SLOW_START.format(progress=text)
        attributes["title"] = fallback_reason
    return [["p", attributes, text], _progress(received, total)]


def told(view, is_too_long=False, remarks=()):
    """What came of the request, in a sentence; another if it has a text that the address cannot carry; and remarks."""
    if view["ok"]:
        text = words.COMPUTED + (words.NOT_IN_LINK if is_too_long else "")
        return [["p", {}, text]] + told_besides(remarks)
    return [["p", {}, words.NOT_COMPUTED.format(why=view["errors"][0]["message"])]]


def not_saved(errors):
    """Why there is no file to save."""
    return [["p", {}, words.NOT_SAVED.format(why=errors[0]["message"])]]


def told_besides(remarks):
    """Sentences for the status line, each on its own."""
    return [["p", {}, remark] for remark in remarks]


def link_too_long(length, longest):
    """Why a link was not followed."""
    return words.LINK_TOO_LONG.format(length=_megabytes(length), longest=_megabytes(longest))


SHOWN_REASONS = 3


def left_out(name, skipped, n_others):
    """What of a file, or beside it, was not read; `skipped` are its parts with a name and a reason each."""
    told = skipped[:SHOWN_REASONS]
    remarks = [words.LEFT_OUT.format(name=name, part=one["name"], reason=one["reason"]) for one in told]
    if len(skipped) > SHOWN_REASONS:
        remarks.append(words.counted(words.MORE_LEFT_OUT, len(skipped) - SHOWN_REASONS))
    if n_others:
        remarks.append(words.counted(words.NOT_READ, n_others, name=name))
    return remarks


def reading(name, received, total):
    """A file on its way into the worker."""
    text = words.READING.format(name=name, part=_megabytes(received), whole=_megabytes(total))
    return [["p", {}, text], _progress(received, total), _cancel()]


def working():
    """A long computation, and the way out of it."""
    return [["p", {}, words.COMPUTING], ["progress", {"aria-label": words.PROGRESS_COMPUTING}], _cancel()]


def searching(n_ranges, share, seconds):
    """A long search for ranges: how far it is, how long it will still take, and the way out of it."""
    time = (words.ABOUT_LEFT if share else words.ABOUT).format(duration=_duration(seconds))
    attributes = {"aria-label": words.PROGRESS_SEARCHING}
    if n_ranges > 1:
        attributes.update({"value": f"{share:.3f}", "max": "1"})
    return [["p", {}, words.counted(words.SEARCHING, n_ranges, time=time)], ["progress", attributes], _cancel()]


def _cancel():
    return ["button", {"type": "button", "class": "button", "data-action": "cancel"}, words.CANCEL]


def inspecting(share):
    """A measurement of a whole tensor or model: how far it is, and what ends it."""
    leave = ["button", {"type": "button", "class": "button", "data-action": "leave-inspection"}, words.STOP]
    attributes = {"aria-label": words.PROGRESS_INSPECTING, "value": f"{share:.3f}", "max": "1"}
    return [["p", {}, words.INSPECTING.format(percent=100 * share)], ["progress", attributes], leave]


def _duration(seconds):
    """The time in words, the coarser the longer it is, as the status line is read out whenever it changes.

    >>> _duration(0.2), _duration(8.4), _duration(43), _duration(150)
    ('1 s', '8 s', '45 s', '3 min')
    """
    if seconds < 10:
        return words.SECONDS.format(n=max(1, round(seconds)))
    if seconds < 100:
        return words.SECONDS.format(n=5 * round(seconds / 5))
    return words.MINUTES.format(n=int(seconds / 60 + 0.5))


def cancelling():
    """The computation is being given up."""
    return [
        ["p", {}, words.CANCELLING],
        ["progress", {"aria-label": words.PROGRESS_STARTING}],
    ]


def overtaking():
    """A long computation gives way to a newer one."""
    return [
        ["p", {}, words.OVERTAKING],
        ["progress", {"aria-label": words.PROGRESS_STARTING}],
    ]


def cancelled(settings):
    """The computation was given up; `settings`, of (label, text), is where the result shown differs from the form."""
    listed = ", ".join([label + " " + (value or words.EMPTY) for label, value in settings])
    return [["p", {}, words.CANCELLED_AT.format(settings=listed) if settings else words.CANCELLED]]


def failed(details, address):
    """Python could not compute: what to do, a link that shows it to others, and what Python said."""
    lines = [line for line in details.strip().split("\n") if line]
    before, after = words.FAILED.split("{link}")
    return [
        ["p", {}, before, ["a", {"href": address}, words.FAILED_LINK], after],
        ["button", {"type": "button", "class": "button", "data-action": "retry"}, words.TRY_AGAIN],
        [
            "details",
            {},
            ["summary", {}, lines[-1][:200] if lines else words.NO_DETAILS],
            ["pre", {"tabindex": "0"}, details or words.NO_DETAILS],
        ],
    ]


def lead(answer):
    """The caption and the table twin of the first instrument, whose chart stands above everything else."""
    item = _lead_of(answer)
    return [_handles(item, answer), _following(answer)] + _reading(item, answer) if item["applies"] else []


def _following(answer):
    """Which number is followed, between the ways to its neighbours."""
    total, index = 1, int(answer["request"].get("element") or 0)
    for length in answer["shape"]:
        total *= length
    before = _page_button("‹", index - 1, index > 0)
    after = _page_button("›", index + 1, index + 1 < total)
    before[1]["aria-label"], after[1]["aria-label"] = words.FOLLOW_BEFORE, words.FOLLOW_AFTER
    told = ["span", {}, words.FOLLOWING.format(index=index, last=total - 1)]
    return ["p", {"class": "following on-screen"}, before, told, after]


MAP = "map"  # the section with the leading picture


def lead_card(answer):
    """The card of the first instrument, as the build writes it; `first_reply` names what an answer begins with."""
    item = _lead_of(answer)
    attributes = {"class": "card", "data-instrument": item["name"], "data-part": item["name"]}
    attributes["data-first-reply"] = ",".join(answer["first_reply"])
    attributes["data-section"] = MAP
    figure = _figure(item, answer)
    figure[1]["class"] = "figure figure-wide"
    return [["article", attributes, ["h2", {}, item["title"]], figure, ["div", {"data-region": "lead"}] + lead(answer)]]


def _lead_of(answer):
    return next(item for item in answer["instruments"] if item["size"] == "lead")


def _section_of(group, answer):
    """The section of the page in which the instruments of a group are: those of the leading picture's are with it."""
    return MAP if group == _lead_of(answer)["group"] else group


def instruments(answer):
    """Every other instrument as a card, under the question that it helps to answer.

    One that has nothing to say about this request is kept, hidden, in its place, so that places stay what they are.
    """
    sections = []
    for group in answer["groups"]:
        items = [item for item in answer["instruments"] if item["group"] == group["name"] and item["size"] != "lead"]
        attributes = {"class": "question", "id": "question-" + group["name"]}
        attributes["data-section"] = _section_of(group["name"], answer)
        head = ["h2", {}, group["title"]]
        nothing = ["p", {"class": "nothing"}]
        is_empty = not any(_is_there(item) for item in items)
        if is_empty and attributes["data-section"] == MAP:  # which has its picture
            attributes["hidden"] = ""
        elif is_empty:
            attributes["class"] = "question empty"
            nothing.append(words.NOTHING_HERE + (words.NEEDS_MATRIX if len(answer["shape"]) < 2 else ""))
        cards = [_card(item, answer) for item in items]
        sections.append(["section", attributes, head, nothing, ["div", {"class": "grid"}] + cards])
    return sections


def _is_there(item):
    return item["applies"] or item.get("waits", False)


def _card(item, answer):
    name = item["name"]
    attributes = {"class": "card", "data-instrument": name, "id": "instrument-" + name}
    if item["size"] != "full":
        attributes["class"] = "card card-" + item["size"]
    if not _is_there(item):
        attributes["hidden"] = ""
    controls = answer.get("controls", {})
    slot = [node for field in item["controls"] for node in controls.get(field, [])]
    # Every card has the same parts in the same places, so that a chart is never taken for something else.
    figure = _figure(item, answer)
    figure[1]["data-keep"] = "figure-" + name
    if not (item["has_figure"] or item.get("waits")):
        figure[1]["hidden"] = ""
    reply = [
        ["p", {"class": "reply"}] + (_sentence(item, "reply", "reply_digits") if item.get("reply") else []),
        ["p", {"class": "offers"}] + _offers(item.get("offers", [])),
    ]
    is_half = item["size"] == "half"  # whose chart begins where that of its neighbour does
    chart = [figure, _handles(item, answer)]
    parts = [["h3", {}, item["title"]], ["div", {"class": "slot", "data-keep": "controls-" + name}] + slot]
    parts += chart + reply if is_half else reply + chart
    parts.append(["div", {}] + (_reading(item, answer) if item["applies"] else []))
    return ["article", attributes] + parts


def _figure(item, answer):
    """The place of a chart; the build puts a drawing there."""
    attributes = {"class": "figure", "data-figure": item["name"], "tabindex": "0", "role": "group"}
    attributes["aria-label"] = words.CHART.format(title=item["title"])
    return ["div", attributes] + _drawing(answer, item["name"])


def _handles(item, answer):
    """A slider for each thing on the chart that can be moved; the page lays them over the chart.

    Of the values, that of the followed number is a stop of the Tab key; the others are for the pointer.
    """
    followed = answer["request"].get("element") or "0"
    fields = sorted(item.get("handles", {}), key=_handle_order)
    sliders = [_slider(field, followed) for field in fields]
    return ["div", {"class": "handles", "data-handles": item["name"]}] + sliders


def _handle_order(field):
    """The ends of the range, then values by their index."""
    name, _, index = field.partition(":")
    return (name, int(index or 0))


def _slider(field, followed):
    name, _, index = field.partition(":")
    attributes = {"type": "range", "class": "handle", "data-handle": field, "step": "any"}
    attributes["aria-label"] = words.NUMBER.format(index=index) if index else words.HANDLES[name]
    if index:
        attributes["class"] = "handle handle-value"
    if index == followed:
        attributes["data-followed"] = ""
    elif index:
        attributes["tabindex"] = "-1"
    return ["input", attributes]


def _reading(item, answer):
    caption = _sentence(item, "caption", "caption_digits")
    caption[-1] += _of_kept(item["name"], answer)
    if item.get("use"):
        caption[-1] += " "
        caption.append(["span", {"class": "on-screen"}, item["use"]])
    nodes = [["p", {"class": "caption"}] + caption]
    if item.get("switches"):
        nodes += _switches(item["switches"], answer.get("flips"))
    nodes += item.get("nodes", [])
    if item.get("steps"):
        nodes.append(["ol", {"class": "steps"}] + [_step(step) for step in item["steps"]])
    order = answer.get("order", {}).get(item["name"])
    shown, title = item["table"], item["title"]
    table = _table(sorted_by(shown, order), followable=False, sorter=item["name"], order=order)
    attributes = {"class": "twin", "open": ""} if item.get("opens_table") else {"class": "twin"}
    summary = ["summary", {"aria-label": words.TABLE_OF.format(title=title)}, words.TABLE]
    twin = ["details", attributes, summary, _scrolling(table, shown["caption"])]
    nodes.append(["div", {"class": "twins"}, twin] + (_pictures(title) if item["has_figure"] else []))
    for more in item.get("tables", []):
        nodes.append(_scrolling(_table(more, followable=False), more["caption"]))
    return nodes


def _sentence(told, name, digits):
    """A sentence, its shortened numbers with all of their digits."""
    nodes, end = [], 0
    for number in told.get(digits, []):
        start, brief_text = number["at"], number["brief"]
        attributes = {"class": "short", "value": number["digits"]}
        nodes += [told[name][end:start], ["data", _with_digits(attributes, number["digits"], brief_text), brief_text]]
        end = start + len(brief_text)
    _begin([node for node in nodes if not isinstance(node, str)])
    return nodes + [told[name][end:]]


def _switches(shown, flips):
    """A code as switches in their fields; `flips` is (code, what it was made), as far as it is of this code."""
    own = shown["code"]
    code = flips[1] if flips is not None and flips[0] == own else own
    fields = []
    for bit in shown["switches"]:
        if not fields or fields[-1][2][2] != bit["field"]:
            name = ["span", {"class": "bits-name"}, bit["field"]]
            fields.append(["span", {"class": "bits-field bits-" + bit["field"]}, name, ["span", {"class": "bits-row"}]])
        is_one, is_flipped = code >> bit["shift"] & 1, (code ^ own) >> bit["shift"] & 1
        attributes = {"type": "button", "class": "bit", "data-action": "flip", "data-shift": str(bit["shift"])}
        attributes["aria-label"] = words.BIT_IS.format(bit=bit["label"], digit=is_one)
        attributes["aria-pressed"] = "true" if is_flipped else "false"
        attributes["title"] = bit["label"]
        fields[-1][3].append(["button", attributes, str(is_one)])
    return [
        ["div", {"class": "bits", "role": "group", "aria-label": words.BITS_OF_CODE}] + fields,
        ["output", {"class": "bits-told"}, shown["numbers"][str(code)]],
    ]


def flipped(shown, flips, shift):
    """The code with one bit more flipped; with this one alone, where no more is known; `flips` as in `_switches`."""
    own = shown["code"]
    code = (flips[1] if flips is not None and flips[0] == own else own) ^ 1 << shift
    return (own, code if str(code) in shown["numbers"] else own ^ 1 << shift)


def marked(shown, flips):
    """The number that the flips have made, to be marked on a line; None where nothing is flipped, or it is none."""
    if flips is None or flips[0] != shown["code"] or flips[1] == flips[0]:
        return None
    return shown["marks"].get(str(flips[1]))


def _pictures(title):
    """What saves the chart of a title as a picture."""
    buttons = []
    for kind in ("svg", "png"):
        attributes = {"type": "button", "class": "quiet", "data-action": "picture", "data-kind": kind}
        attributes["aria-label"] = words.SAVE_AS.format(title=title, kind=kind.upper())
        buttons.append(["button", attributes, kind.upper()])
    return [["p", {"class": "pictures needs-script"}] + buttons]


def sorted_by(shown, order):
    """A table with its rows in the order of one column: `order` is (column, is descending), or None."""
    if order is None:
        return shown
    column, is_descending = order
    rows = [row for row in shown["rows"] if row["sort"][column] is not None]
    rest = [row for row in shown["rows"] if row["sort"][column] is None]
    rows = sorted(rows, key=lambda row: row["sort"][column], reverse=is_descending)
    copy = dict(shown)
    copy["rows"] = rows + rest
    return copy


def _drawing(answer, name):
    drawings = answer.get("drawings", {})
    return [drawings[name]] if name in drawings else []


def _text(text):
    return [text] if text else []


def _progress(received, total):
    return ["progress", {"value": str(received), "max": str(max(total, 1)), "aria-label": words.PROGRESS_RECEIVED}]


def _megabytes(count):
    return f"{count / MEGABYTE:.1f}"


def _scrolling(table, label):
    """A table that scrolls sideways where it has to: a stop of the Tab key, unless one of its cells is."""
    attributes = {"class": "scroll", "role": "group", "aria-label": label}
    if not _begin([cell for row in table[4][2:] for cell in row[2:]]):
        attributes["tabindex"] = "0"
    return ["div", attributes, table]


def _table(shown, followable, sorter=None, order=None, by_error=None):
    """A table; `by_error` is whether the numbers are in the order of their errors, None where there is no choice."""
    can_sort = sorter is not None and shown["rows"] and "sort" in shown["rows"][0]
    heads = []
    for position, column in enumerate(shown["columns"]):
        attributes = {"scope": "col", "title": column.get("hint", "")}
        attributes.update(_of_column(column))
        label = column["label"]
        if can_sort:
            if order is not None and order[0] == position:
                attributes["aria-sort"] = "descending" if order[1] else "ascending"
            sort = {"type": "button", "class": "sort", "data-action": "sort", "data-sorter": sorter}
            sort["data-column"] = str(position)
            label = ["button", sort, label]
        elif by_error is not None and column["key"] == "error" and shown["total"] > 1:
            if by_error:
                attributes["aria-sort"] = "descending"
            label = _choice(label, "table_order", "index" if by_error else "error", "sort")
        heads.append(["th", attributes, label])
    columns = [_of_column(column) for column in shown["columns"]]
    if not shown.get("has_index", True):
        rows = [_named_row(row, columns) for row in shown["rows"]]
    else:
        index = {"scope": "col", "data-key": "index"}
        if by_error is False and shown["total"] > 1:
            index["aria-sort"] = "ascending"
        heads.insert(0, ["th", index, words.INDEX])
        rows = [_row(row, columns, followable) for row in shown["rows"]]
    return [
        "table",
        {"class": "numbers"},
        ["caption", {}, shown["caption"] + (words.ROUNDED if "is_rounded" in shown else "")],
        ["thead", {}, ["tr", {}] + heads],
        ["tbody", {}] + rows,
    ]


def _cells(row, columns):
    """The cells of a row, with all digits of those that have more."""
    return [
        ["td", _with_digits(dict(columns[at]), row["cells"][at], brief(row, at)), brief(row, at)]
        for at in range(len(columns))
    ]


def brief(row, position):
    """The text of a cell as it is read."""
    return row.get("brief", {}).get(str(position), row["cells"][position])


def _with_digits(attributes, full, seen):
    """The attributes, with what tells all digits where fewer are seen: on hover, with the focus, and when copied."""
    if full != seen:
        attributes["title"], attributes["tabindex"] = full, "-1"
    return attributes


def _begin(nodes):
    """Makes the first with more digits a stop of the Tab key; arrow keys lead to the others. Whether there is one."""
    for node in nodes:
        if node[1].get("tabindex"):
            node[1]["tabindex"] = "0"
            return True
    return False


def _named_row(row, columns):
    """A row that begins with a name, or with a number as good as one; that of settings is a button that takes them."""
    name, attributes = brief(row, 0), {"data-row": str(row["index"])}
    head = name
    if "fields" in row:
        button = {"type": "button", "class": "take", "data-action": "choose"}
        button["data-fields"] = _as_json(row["fields"])
        head = ["button", button, name]
    if row["selected"]:
        attributes["data-selected"] = "true"
    cells = _cells(row, columns)
    of_head = _with_digits(dict(columns[0], scope="row"), row["cells"][0], name)
    return ["tr", attributes, ["th", of_head, head]] + cells[1:]


def fields_of_row(item, index):
    """The fields that a row of an instrument's tables takes, by the row's index; None where it takes none."""
    for shown in [item["table"]] + item.get("tables", []):
        for row in shown["rows"]:
            if row["index"] == index and "fields" in row:
                return row["fields"]
    return None


def _of_column(column):
    """What says of a cell which column it is in, and whether that holds words."""
    attributes = {"data-key": column["key"]}
    if column.get("is_text"):
        attributes["class"] = "words"
    return attributes


def _row(row, columns, followable):
    index = str(row["index"])
    attributes = {"data-element": index} if followable else {}
    head = index
    if followable:
        is_followed = row.get("selected", False)
        if is_followed:
            attributes["data-selected"] = "true"
        button = {"type": "button", "class": "follow", "data-follow": index}
        button["aria-label"] = words.FOLLOW.format(index=index)
        button["aria-pressed"] = "true" if is_followed else "false"
        head = ["button", button, index]
    return ["tr", attributes, ["th", {"scope": "row"}, head]] + _cells(row, columns)


def _choice(label, name, text, kind):
    """A button of a class that sets one field."""
    attributes = {"type": "button", "class": kind, "data-action": "choose", "data-fields": _as_json({name: text})}
    return ["button", attributes, label]


LENGTHS = (10, 100, 1000)  # how many rows the table of the values has


def _pager(shown, is_by_error):
    """The ways to the pages before and after, where they follow each other, and to a longer or a shorter table."""
    first, total, size = shown["first"], shown["total"], shown["page_size"]
    if total <= LENGTHS[0]:
        return []
    last = min(first + size, total)
    parts = []
    if not is_by_error and total > size:
        parts.append(_page_button(words.PREVIOUS, max(first - size, 0), first > 0))
        parts.append(["span", {}, words.INDICES.format(first=first, last=last - 1, total=total)])
        parts.append(_page_button(words.NEXT, last, last < total))
    for length in LENGTHS:
        if length > size and total > size:
            label = words.SHOW_ALL.format(n=total) if total <= length else words.SHOW_SOME.format(n=length)
            parts.append(_choice(label, "table_rows", str(length), "button needs-script"))
            break
    if size > LENGTHS[0]:
        parts.append(_choice(words.SHOW_TEN, "table_rows", str(LENGTHS[0]), "button needs-script"))
    return [["p", {"class": "pager"}] + parts]


def _page_button(label, target, is_possible):
    attributes = {"type": "button", "class": "button needs-script", "data-follow": str(target)}
    if not is_possible:
        attributes["disabled"] = ""
    return ["button", attributes, label]


def _step(step):
    return [
        "li",
        {"class": "step", "data-key": step["key"]},
        ["h3", {}, step["title"]],
        ["div", {"class": "equation", "role": "group", "aria-label": step["title"]}, step["math"]],
        ["p", {}, step["text"]],
    ]


VIEWS = {
    "data": data,
    "instruments": instruments,
    "keeping": keeping,
    "lead": lead,
    "notices": notices,
    "steps": steps,
    "strip": strip,
    "summary": summary,
    "table": table,
}
"""What the page draws anew with every answer, by region."""

LATER = {"code": code}
"""What it draws a moment later, unless it is on the screen."""

STILL = {"lead_card": lead_card, "settings": settings, "worked_example": worked_example}
"""What only the build draws."""
