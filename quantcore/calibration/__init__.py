"""Calibration: which range of the real numbers the codes should cover, one module a method.

Imports `formats` and the root's modules.
"""
