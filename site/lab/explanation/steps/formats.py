"""The steps of one number through a float, a codebook or a block, as quantcore's trace of it has them."""

from ...answer_types import Step
from ...results.result import Result


def format_steps(result: Result) -> list[Step]:
    """Every step for the followed number."""
    return []
