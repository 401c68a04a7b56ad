"""The lab: a request in, an answer out.

A *request* is a flat mapping of field names to strings (the table is `lab.fields.TABLE`); an *answer* is plain JSON. The
same code runs in the page's worker, under CPython in the tests, and when the page is built.

    request.py   texts to settings, every error at its field      result.py        the computation
    table.py, steps.py, summary.py, notices.py, code.py           what is told about it
    instruments/ one module for each chart                        svg.py           charts without a script

Glossary of symbols, as everywhere on the page:

    x   value     q   code     x̂   reconstruction     s   scale     S   scale factor, 1/s     z   zero point
"""

from .answer import answer, respond

__all__ = ["answer", "respond"]
