"""What a field of a request is, and the conditions under which one matters that several fields share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ...data.generate import GENERATORS


class Kind(StrEnum):
    """What a field's text is read as."""

    NUMBERS = "numbers"  # any amount of numbers, in any usual form
    NUMBER = "number"
    INTEGER = "integer"
    CHOICE = "choice"
    FLAG = "flag"  # "1" or "0"
    TEXT = "text"
    FILE = "file"  # the name of a file, which the page hands over by itself
    HIDDEN = "hidden"  # a text that the page fills in, and nobody types


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a request.

    Attributes:
        name: the name in the request, and of the control.
        label: what the control is called.
        hint: one line that helps to fill it in.
        kind: what its text is read as.
        default: its text under the default profile.
        choices: for a choice, the allowed texts and their labels.
        choices_when: for a choice of which some do not always apply, the choices of other fields under which they do.
        choice_hints: for a choice, what is shown in place of the hint while one is chosen.
        groups: for a choice of many, the title of the group that a choice stands under; those without one come first.
        low, high: for a number, the smallest and largest that is allowed.
        optional: whether it may be empty.
        when: the choices of other fields under which it matters, e.g. ``{"calibration": ("manual",)}``.
        or_when: others under which it matters, too.
        is_half: whether its control takes half the form's width, so that two such fields stand side by side.
        quick: what it is most often, each a button beside its slider; of a whole number between two ends.
    """

    name: str
    label: str
    hint: str
    kind: Kind
    default: str
    choices: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    choice_hints: Mapping[str, str] = field(default_factory=dict)
    choices_when: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    optional: bool = False
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    or_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_half: bool = False
    quick: tuple[str, ...] = ()

    @property
    def cases(self) -> list[Mapping[str, tuple[str, ...]]]:
        """The conditions of which one must hold; none if it always matters."""
        return [case for case in (self.when, self.or_when) if case]

    def matters(self, texts: Mapping[str, str]) -> bool:
        """Whether it plays a part in a request."""
        return not self.cases or any(
            all(texts[other] in allowed for other, allowed in case.items()) for case in self.cases
        )


QUANTIZE = {"direction": ("quantize",)}
DEQUANTIZE = {"direction": ("dequantize",)}
NOT_FROM_FILE = ("values", *GENERATORS, "picture")
GIVEN = {**QUANTIZE, "calibration": ("given",)}
CHOSEN = {**QUANTIZE, "calibration": ("minmax", "percentile", "mse", "entropy", "manual")}
