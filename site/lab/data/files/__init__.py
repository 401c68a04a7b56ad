"""What is in a file that was dropped: one reader a file format.

Imports `parsing` and quantcore.
"""
