"""The inner loops: real numbers to codes and back, and products of codes.

Imports `parameters`, `toolkits`, `formats` and the root's modules.
"""
