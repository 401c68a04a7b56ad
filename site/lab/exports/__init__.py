"""What can be taken along as a file: one module a kind of download.

Imports `answer`, `instruments`, `programs`, `explanation`, `explanation.steps`, `results`, `request.fields`, `drawing`,
`notation` and quantcore.
"""
