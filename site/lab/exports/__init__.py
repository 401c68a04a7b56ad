"""What can be taken along as a file: one module a kind of download.

Imports what an answer is made of.
"""
