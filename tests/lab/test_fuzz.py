"""What strangers send: links and messages of any kind are answered without an exception, in strict JSON."""

import json
from typing import Any
from urllib.parse import parse_qsl, quote

import lab
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab.exports.export import EXPORTS
from lab.instruments import INSTRUMENTS
from lab.request.fields import FIELDS, Field, Kind

from tests.lab.strict_json import strict

HUGE = ["9" * 400, "-" + "9" * 5000, "1e999", "-1e-999", "0x1p99999", "1_000", "२३", "1e400,1", "nan", "-inf", "∞", "½"]
ODD = ["\0", "\x1b[2J", "\ud800", "\udfff1", "\u202e12", "\ufeff", "<b>", "]" * 3000, "[" * 3000, "&#0;", "%00", "%ZZ%"]
ESCAPED = ["%00", "%ED%A0%80", "%FF", "%", "%u0031", "+", "%2B", "%F0%9F%98%80", "%C0%80"]
SHAPES = ["0", "-1", "2,0", "1,1,1,1,1,1,1,1,1", "99999999999,99999999999", "3,", ",", "[3", "64,64"]
FEW = [name for name in FIELDS if name not in ("shape", "show")]  # shapes are chosen: a large one takes long
TEXT = st.text(st.characters(codec=None), max_size=20)


def texts_of(field: Field) -> st.SearchStrategy[str]:
    """Texts for a field: right ones half of the time, so that the others get past the first check."""
    wrong = st.sampled_from([*HUGE, *ODD]) | TEXT
    if field.kind is Kind.CHOICE:
        return st.sampled_from(list(field.choices)) | wrong
    if field.kind is Kind.NUMBERS:
        parts = st.integers(-300, 300).map(str) | st.floats().map(repr) | wrong
        return st.lists(parts, max_size=8).map(", ".join)
    return st.integers(-2, 20).map(str) | wrong


NAMES = st.sampled_from(FEW) | st.sampled_from(FEW) | TEXT
FIELD_TEXTS: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {"shape": st.sampled_from(SHAPES)},
    optional={name: texts_of(FIELDS[name]) for name in FEW},
)
JUNK_TEXTS = st.dictionaries(NAMES, st.sampled_from([*HUGE, *ODD]) | TEXT, max_size=5)
PARTS = st.sampled_from(ESCAPED) | TEXT.map(lambda text: quote(text, errors="replace"))
LINKS = st.lists(st.tuples(NAMES, st.lists(PARTS, max_size=5)), max_size=6).map(
    lambda pairs: "&".join(f"{quote(name, errors='replace')}={''.join(parts)}" for name, parts in pairs)
)
CONTENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
MESSAGES = st.dictionaries(NAMES, CONTENTS, max_size=5)

fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def check(request: dict[str, Any], name: str, kind: str) -> None:
    """Each entry answers in strict JSON; all agree whether there is an answer; errors are words at a field."""
    view, whole, arrays = lab.respond(request)
    seen, answer = strict(view), strict(whole)
    assert seen["ok"] is answer["ok"] is bool(arrays)
    for entry in (lab.more(request, name), lab.export(request, kind)):
        told = strict(lab.strict_json(entry))
        assert told["ok"] is answer["ok"] or "show" in request or name not in INSTRUMENTS or kind not in EXPORTS
    if not answer["ok"]:
        assert answer["errors"]
        for error in answer["errors"]:
            assert error["field"] in FIELDS or error["field"] in request
            assert error["message"].isprintable(), "what was sent is shown escaped"


@pytest.mark.slow
@fuzzed
@given(FIELD_TEXTS | JUNK_TEXTS, st.sampled_from(list(INSTRUMENTS)), st.sampled_from(list(EXPORTS)))
def test_any_fields_are_answered(request: dict[str, str], name: str, kind: str) -> None:
    """Right and wrong texts together: huge numbers, NULs, halves of surrogate pairs, brackets without end."""
    check(request, name, kind)


@pytest.mark.slow
@fuzzed
@given(LINKS)
def test_any_link_is_answered(link: str) -> None:
    """Percent-escapes of anything, right or broken, behind names that are fields or not."""
    check(dict(parse_qsl(link, keep_blank_values=True, errors="surrogateescape")), "mapping", "table.json")


@pytest.mark.slow
@fuzzed
@given(MESSAGES, st.sampled_from(list(INSTRUMENTS)) | TEXT, st.sampled_from(list(EXPORTS)) | TEXT)
def test_any_message_is_answered(request: dict[str, Any], name: str, kind: str) -> None:
    """A request of any content, as an object and as JSON text, for an instrument or a file that may not exist."""
    check(request, name, kind)
    assert strict(lab.respond(json.dumps(request))[0])["ok"] is strict(lab.respond(request)[0])["ok"]
