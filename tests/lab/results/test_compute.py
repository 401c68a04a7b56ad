"""The computation behind an answer is quantcore's, whichever way the lab goes about it."""

import numpy as np
import pytest
from lab.request.fields import PROFILES
from lab.request.settings import read
from lab.results.compute import compute

import quantcore as qc

VALUES = np.random.default_rng(11).standard_t(3, size=700).astype(np.float32)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "notebook"])
@pytest.mark.parametrize("calibration", ["minmax", "percentile", "mse", "entropy"])
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_a_range_searched_once_gives_the_same_parameters(profile: str, calibration: str, scheme: str) -> None:
    """Searching the range apart, so that its curve can be shown, changes neither scale nor zero point."""
    if PROFILES[profile].is_symmetric and scheme == "affine":
        return  # it has no such scheme
    for values in (VALUES, np.full(4, 2.5, np.float32)):
        request = {"profile": profile, "calibration": calibration, "scheme": scheme, "percentile": "99"}
        settings = read({**request, "values": " ".join(map(repr, values.astype(float).tolist()))})
        settings_of = {"percentile": 99.0} if calibration == "percentile" else {}
        expected = qc.choose_qparams(
            values, settings.fmt, scheme, qc.PerTensor(), calibration, settings.include_zero, settings.scale_precision,
            settings.profile.toolkit, **settings_of,
        )  # fmt: skip
        result = compute(settings)
        assert result.scale == expected.scale
        assert result.zero_point == expected.zero_point
        assert result.ranges is not None
        if settings.include_zero or values.min() < values.max():  # else there is nothing to search
            assert (result.ranges.curve() is None) == (calibration == "minmax")
