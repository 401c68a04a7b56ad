"""What the tests of every instrument share."""

import json
from collections.abc import Callable
from typing import Any

import lab
import numpy as np
import plotly.graph_objects as go
import pytest

Json = dict[str, Any]
Ask = Callable[..., tuple[Json, Json]]


@pytest.fixture
def ask() -> Ask:
    """Asks for one instrument alone; gives its view and its figure, after what holds for all has been checked."""

    def asked(name: str, values: Any = None, **request: str) -> tuple[Json, Json]:
        if values is not None:
            array = np.asarray(values)
            request["values"] = " ".join(map(repr, array.reshape(-1).astype(float).tolist()))
            if array.ndim > 1:
                request["shape"] = ",".join(map(str, array.shape))
        answer = lab.answer({**request, "show": name})
        assert answer["ok"], answer
        json.dumps(answer, allow_nan=False)
        view = next(view for view in answer["instruments"] if view["name"] == name)
        assert view["applies"], view
        assert len(view["caption"]) > 40
        assert all(len(row["cells"]) == len(view["table"]["columns"]) for row in view["table"]["rows"])
        figure = answer["figures"][name]
        go.Figure(figure)  # raises where Plotly's schema is not met
        return view, figure

    return asked


@pytest.fixture
def normal() -> np.ndarray:
    """Ten thousand normal values, always the same."""
    return np.random.default_rng(20).normal(size=10_000)
