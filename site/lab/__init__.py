"""The lab: a request in, an answer out.

A *request* is a flat mapping of field names to strings (the table is `lab.fields.TABLE`); an *answer* is plain JSON.
The same code runs in the page's worker, under CPython in the tests, and when the page is built.

    fields.py, parse.py, reader.py, request.py              texts to settings, every error at its field
    compute.py, result.py                                   the numbers
    summary.py, table.py, steps.py, notices.py              what is told about them
    programs/, export.py, report.py                         the same to take along
    instruments/                                            one module for each chart
    svg.py                                                  a chart without a script

Glossary of symbols, as everywhere on the page:

    x   value     q   code     x̂   reconstruction     s   scale     S   scale factor, 1/s     z   zero point
"""

from .answer import answer, more, respond
from .export import export

__all__ = ["answer", "export", "more", "respond"]
