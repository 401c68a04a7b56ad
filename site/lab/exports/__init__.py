"""What can be taken along as a file: one module a kind of download.

Imports `answer`, `strict_json`, `instruments`, `programs`, `explanation`, `explanation.steps`, `results`,
`request.fields`, `drawing`, `notation` and quantcore.
"""
