"""How libraries lay a quantized tensor out in several stored ones: recognised, named, and decoded by rows.

Imports `models.reading`, `parsing` and quantcore.
"""
