"""Words and tables about a result.

Imports `results`, `request`, `request.fields`, `parsing`, `notation` and quantcore.
"""
