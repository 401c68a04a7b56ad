"""What of a folder is taken: the files of models, each by a name of its own."""

from page import words

MODELS = (".gguf", ".safetensors", ".onnx", ".tflite")
BESIDE = ("index.json", "config.json", ".data", ".onnx_data")  # indexes, configurations, ONNX's external data
MOST = 1000  # files that are opened at once, as the lab has it
MOST_SEEN = 50_000  # a folder that holds more is no model's, but a disk's


def is_taken(name):
    """Whether a file may belong to a model.

    >>> is_taken("Model.GGUF"), is_taken("quantize_config.json"), is_taken("tokenizer.json")
    (True, True, False)
    """
    return _ends(name, MODELS + BESIDE)


def fault(paths, n_seen):
    """What is wrong with the paths that were found in a folder, as sentences; empty if nothing is.

    >>> fault(["a/config.json"], 3)
    'The folder holds no model: no file in it ends in .gguf, .safetensors, .onnx, .tflite. Choose another.'
    """
    if len(paths) > MOST or n_seen > MOST_SEEN:
        is_models = len(paths) > MOST
        return words.FOLDER_OF_MANY.format(n=MOST) if is_models else words.FOLDER_TOO_LARGE.format(n=MOST_SEEN)
    if not any(_ends(path, MODELS) for path in paths):
        return words.FOLDER_WITHOUT_MODEL.format(endings=", ".join(MODELS))
    return ""


def names_of(paths):
    """For each path the file's name; where several files have one name, their paths, so that none is taken for another.

    >>> names_of(["m/a/config.json", "m/b/config.json", "m/b/model.gguf"])
    ['m/a/config.json', 'm/b/config.json', 'model.gguf']
    """
    once, again = set(), set()
    for path in paths:
        (again if _name(path) in once else once).add(_name(path))
    return [path if _name(path) in again else _name(path) for path in paths]


def _name(path):
    return path[path.rfind("/") + 1 :]


def _ends(name, endings):
    name = name.lower()
    return any(name.endswith(ending) for ending in endings)
