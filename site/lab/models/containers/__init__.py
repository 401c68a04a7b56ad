"""The tensors of a file as they are stored: one reader a file format, which reads the header only.

Imports `models.reading`, `parsing` and quantcore.
"""
