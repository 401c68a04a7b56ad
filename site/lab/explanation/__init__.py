"""Words and tables about a result.

Imports `results`, `notation` and quantcore.
"""
