"""Scale and zero point: which elements share them, the range they come from, and the rules that derive them.

Imports `formats`, `toolkits`, `calibration` and the root's modules.
"""
