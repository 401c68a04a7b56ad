"""Request in: the table of fields, and how texts become settings, with every error at its field.

Imports `request.fields`, `parsing`, `data`, `data.files`, `notation` and quantcore.
"""
