"""The table of a model file's tensors: searched and sorted, and a click takes a tensor into the laboratory."""

from page import dom, inspection
from page.tensor_table import STEP, WORDS, Listed, nodes

_listed = Listed()


def show(loaded):
    """Lists the tensors of a file that was loaded; of one that is no model, nothing."""
    _listed.__init__()
    _listed.about = loaded.get("model")
    _listed.name, _listed.sha256 = loaded["file"]["name"], loaded["file"]["sha256"]
    inspection.clear()
    if _listed.about is not None:
        total = sum([array["size"] for array in loaded["arrays"]]) or 1
        for array in loaded["arrays"]:
            n = 1
            for length in array["shape"]:
                n *= length
            row = {"n": n, "bits": 8 * array["size"] / (n or 1), "share": array["size"] / total}
            row.update(array)
            _listed.rows.append(row)
    draw()


def search(text):
    """Lists the tensors whose name or type has all the words of a text."""
    _listed.query = text
    _listed.n_shown = STEP
    draw()


def sort(talk, button):
    """Sorts by a column; again: the other way round."""
    key = button.dataset.by
    _listed.is_falling = not _listed.is_falling if _listed.key == key else key not in WORDS
    _listed.key = key
    draw()


def more(talk, button):
    """Lists more of the rows."""
    _listed.n_shown += STEP
    draw()


def draw():
    """Shows the table as it is asked for."""
    dom.render("tensors", [] if _listed.about is None else nodes(_listed))
