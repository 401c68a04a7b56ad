"""Text to numbers, for the form and for files.

Imports `notation` and quantcore.
"""
