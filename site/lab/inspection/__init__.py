"""What one asks of a whole model, beside the numbers of one tensor: measured by parts, told as nodes and figures.

A question names what it asks ("ask") and what of, all of them texts; the page knows none of them, for the nodes of one
answer carry the next as buttons. One module a question, one line for each in :mod:`.questions`. It is not part of the
memory image: the page gets it when it is first used.

Imports `data`, `data.files`, `models`, `models.containers`, `models.conventions`, `models.reading`, `drawing`,
`notation`, `parsing`, `programs`, `request`, `request.fields` and quantcore.
"""
