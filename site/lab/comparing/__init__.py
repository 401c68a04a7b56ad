"""The same values under other settings: other schemes, other toolkits, in a layer's product.

Imports `results`, `request`, `request.fields`, `data`, `drawing` (its bins), `notation` and quantcore.
"""
