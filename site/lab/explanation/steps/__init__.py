"""The steps of the followed number, typeset from what quantcore computed.

Imports `results`, `comparing`, `notation` and quantcore.
"""
