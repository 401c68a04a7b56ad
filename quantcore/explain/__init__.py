"""Why: the steps of one element, and the rule by which two toolkits differ.

Imports every other folder of quantcore; none of them imports it.
"""
