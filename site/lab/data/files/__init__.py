"""What is in a file that was dropped: one reader a file format.

Imports `models.reading`, `parsing` and quantcore.
"""
