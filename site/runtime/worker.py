"""The worker's side of the one call that crosses: a request goes in, an answer comes out, both as JSON text."""

import json

import lab

__export__ = ["answer", "export"]


def answer(request):
    """The answer to a request: the part that the page draws, and the whole."""
    reply = lab.respond(json.loads(request))
    return [reply["view"], reply["answer"]]


def export(request, kind):
    """The result of a request as a file: its name, type and base64-coded data, as JSON text."""
    return json.dumps(lab.export(json.loads(request), kind))
