"""What is in a model file of any size: its tensors listed, quantization recognised, values decoded by rows.

- :mod:`.reading` reads a part of a file, and turns bytes into numbers; its errors are the only ones.
- :mod:`.containers` lists the tensors of GGUF, safetensors, ONNX and TFLite files, as they are stored.
- :mod:`.conventions` says which stored tensors make a quantized one, and by which formula.
- :mod:`.opening` puts them together: files in, logical tensors out.
- :mod:`.renaming` gives tensors of GGUF files and of Hugging Face checkpoints one name.

Imports `models.reading`, `models.containers`, `models.conventions` and quantcore.
"""
