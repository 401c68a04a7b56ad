"""Parts of a file: where bytes come from, how a header is walked, and what numbers the bytes of a tensor are.

Imports `parsing` and quantcore.
"""
