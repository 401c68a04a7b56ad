"""Text to numbers, for the form and for files.

Imports quantcore only.
"""
