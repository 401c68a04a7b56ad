"""Words and tables about a result.

Imports `results`, `request.fields`, `parsing`, `notation` and quantcore.
"""
