"""How numbers, tables and formulas are written; knows no result.

Imports quantcore only.
"""
