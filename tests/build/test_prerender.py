from typing import Any

import pytest
from assembly.prerender import fill, to_html


def test_text_and_attributes_are_escaped() -> None:
    """Text from an answer cannot become markup."""
    node = ["p", {"title": '"><b>'}, "<script>", ["i", {}, "a & b"]]
    assert to_html(node) == '<p title="&quot;&gt;&lt;b&gt;">&lt;script&gt;<i>a &amp; b</i></p>'


def test_void_elements_have_no_end_tag() -> None:
    """An HTML parser must not see an end tag that HTML does not have."""
    assert to_html(["input", {"name": "bits", "value": 8}]) == '<input name="bits" value="8">'


def test_empty_elements_keep_their_end_tag() -> None:
    """In HTML, `<p/>` would not be closed."""
    assert to_html(["p", {}]) == "<p></p>"


@pytest.mark.parametrize(("value", "text"), [(True, "<p hidden></p>"), (False, "<p></p>"), (None, "<p></p>")])
def test_attributes_without_value(value: bool | None, text: str) -> None:
    """True gives a bare attribute, False and None give none."""
    assert to_html(["p", {"hidden": value}]) == text


def test_svg_and_mathml_keep_their_case() -> None:
    """Names of SVG are case-sensitive."""
    assert to_html(["svg", {"viewBox": "0 0 1 1"}, ["linearGradient", {}]]) == (
        '<svg viewBox="0 0 1 1"><linearGradient></linearGradient></svg>'
    )


@pytest.mark.parametrize("node", [["p onclick", {}], ["p", {"a b": "c"}], ["", {}], ["1", {}], ["p", {"a>": 1}]])
def test_names_are_checked(node: list[Any]) -> None:
    """A tag or attribute that could break out of the markup is refused."""
    with pytest.raises(ValueError, match="not a"):
        to_html(node)


@pytest.mark.parametrize("children", [[""], ["a", "b"], [["b", {}], ""]])
def test_texts_that_a_browser_reads_otherwise_are_refused(children: list[Any]) -> None:
    """The page goes on from what the browser read, so that must be the same nodes."""
    with pytest.raises(ValueError, match="side by side"):
        to_html(["p", {}, *children])


def test_every_place_is_filled_and_the_rest_untouched() -> None:
    """What stands between the marks goes, marks included; nothing else changes."""
    page = "<p><!--render:a-->old\nlines<!--/render--></p> & <i><!--render:b--><!--/render--></i>"
    views = {"a": lambda answer: ["A", ["b", {}, str(answer["n"])]], "b": lambda _: []}
    assert fill(page, views, {"n": 3}) == "<p>A<b>3</b></p> & <i></i>"


def test_backslashes_of_an_answer_survive() -> None:
    r"""Text such as `\frac` or `\1` is not read as a replacement pattern."""
    assert fill("<!--render:a--><!--/render-->", {"a": lambda _: [r"\1 \frac"]}, {}) == r"\1 \frac"


def test_unknown_view_is_named() -> None:
    """A page that asks for a view that nobody wrote stops the build, with the names there are."""
    with pytest.raises(KeyError, match="no view is named 'other'; there are: one, two"):
        fill("<!--render:other--><!--/render-->", {"one": lambda _: [], "two": lambda _: []}, {})
