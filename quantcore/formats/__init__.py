"""Number formats: which codes there are, and the numbers that they stand for before any scale.

Imports only `errors`, `checks` and `rounding`.
"""
