"""Why: the steps of one element, and the rule by which two toolkits differ.

Imports `blocks`, `compute`, `parameters`, `calibration`, `toolkits`, `formats` and the root's modules; no folder
imports it.
"""
