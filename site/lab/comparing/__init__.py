"""The same values under other settings: other schemes, other toolkits, in a layer's product.

Imports `results`, `notation` and quantcore.
"""
