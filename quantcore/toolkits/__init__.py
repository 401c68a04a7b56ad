"""What the libraries do, as records: how they choose scale and zero point, and by which steps they compute codes.

Data only; imports `checks`, `errors` and `precision`.
"""
