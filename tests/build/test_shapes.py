"""The page for authors shows the shape of answers, every member of it."""

from typing import get_type_hints

from assembly import shapes
from assembly.prerender import to_html
from lab.answer_types import Answer, Failure, Metrics, Problem


def test_every_member_is_shown_with_its_meaning() -> None:
    """Types that a type mentions are shown, too, each once, those that were asked for unfolded."""
    nodes = shapes.views(Answer, Failure)
    text = "".join(map(to_html, nodes))
    for kind in (Answer, Failure, Metrics, Problem):
        assert text.count(f"<summary><code>{kind.__name__}</code>") == 1
        for name, hint in get_type_hints(kind, include_extras=True).items():
            row = f'<th scope="row"><code>{name}</code></th>'
            assert row in text
            if hasattr(hint, "__metadata__"):
                assert f"<td>{hint.__metadata__[0]}</td>" in text
    assert text.count("<details") == text.count("<table") == len(nodes)
    assert text.count('class="shape" open>') == 2


def test_a_member_that_may_be_absent_says_so() -> None:
    """`truncated` is only there where something was cut off."""
    text = to_html(shapes.views(Answer)[0])
    assert "<code>truncated</code></th><td>true or false, or absent</td>" in text
