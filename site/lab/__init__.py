"""The lab: a request in, an answer out.

A *request* is a flat mapping of field names to strings (the table is `lab.request.fields.TABLE`); an *answer* is plain
JSON. The same code runs in the page's worker, under CPython in the tests, and when the page is built.

    request/, parsing/, data/          texts to settings, every error at its field; files and generated values
    models/                            model files of any size: their tensors, decoded by rows
    results/                           the numbers
    notation/, drawing/                how numbers, formulas and charts are written
    explanation/                       what is told about a result
    comparing/                         the same values under other settings
    instruments/                       one module for each chart
    programs/, exports/                the same to take along

Glossary of symbols, as everywhere on the page:

    x   value     q   code     x̂   reconstruction     s   scale     S   scale factor, 1/s     z   zero point
"""

from .answer import answer, glimpse, more, respond
from .exports.export import export
from .strict_json import strict_json

__all__ = ["answer", "export", "glimpse", "more", "respond", "strict_json"]
