"""Block formats: arrays as they are stored, in blocks that have scales of their own.

Imports only `errors`, `checks`, `precision`, `rounding` and `formats`.
"""
