"""Figures and SVG: axes, ticks, marks, bins.

Imports `notation` and quantcore.
"""
