"""The table of fields: one default request, profiles that only set known fields, limits that are used."""

import lab
import pytest
from lab.request.fields import FIELDS, PROFILES, TABLE, Kind, default_of


def test_names_are_unique() -> None:
    """A name stands for one field."""
    assert len(FIELDS) == len(TABLE)


def test_every_field_can_be_drawn() -> None:
    """Every field has a label and a hint; choices hold their default; conditions name fields and choices."""
    for field in TABLE:
        assert field.label
        assert field.hint.endswith(".") or field.hint.endswith("?")
        assert bool(field.choices) == (field.kind is Kind.CHOICE) or field.kind is Kind.HIDDEN
        assert not field.choices or field.default in field.choices
        for case in field.cases:
            for other, allowed in case.items():
                assert set(allowed) <= set(FIELDS[other].choices)


def test_the_seed_matters_where_something_is_drawn_at_random() -> None:
    """It is asked for with random values or stochastic rounding, and else it changes no code."""
    for request, matters in (
        ({"source": "normal"}, True),
        ({"source": "sine"}, False),
        ({"profile": "onnx", "rounding": "stochastic"}, True),
        ({"profile": "onnx"}, False),
    ):
        first, second = (lab.answer({**request, "seed": seed}) for seed in ("1", "2"))
        assert FIELDS["seed"].matters(first["request"]) == matters
        if not matters:
            assert first["codes"] == second["codes"]


def test_profiles_set_fields_to_legal_defaults() -> None:
    """What a profile sets is a field, and the request that it makes is answered."""
    for name, profile in PROFILES.items():
        assert set(profile.defaults) <= set(FIELDS)
        request = lab.answer({"profile": name})["request"]
        assert all(request[field] == default_of(field, name) for field in FIELDS if field != "profile")


@pytest.mark.parametrize("field", [field for field in TABLE if field.kind is Kind.CHOICE], ids=lambda field: field.name)
def test_every_choice_is_answered(field: object) -> None:
    """No choice is offered that leads to an error by itself."""
    for choice in field.choices:  # type: ignore[attr-defined]
        profile = {"profile": "onnx", "values": "[[1, 2], [3, 4]]", "block_size": "2"}
        others = {name: allowed[0] for name, allowed in field.choices_when.get(choice, {}).items()}  # type: ignore[attr-defined]
        is_answered = lab.answer({**profile, **others, field.name: choice})["ok"]  # type: ignore[attr-defined]
        assert is_answered or choice == "file"  # for which a file has to be there
