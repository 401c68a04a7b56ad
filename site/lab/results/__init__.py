"""The numbers of an answer: settings in, a result out.

Imports `request`, `request.fields`, `notation` and quantcore.
"""
