"""The numbers of an answer: settings in, a result out.

Imports `request`, `notation` and quantcore.
"""
