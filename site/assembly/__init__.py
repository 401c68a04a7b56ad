"""The steps of build.py: each module is one of them. Standard library only, except what runs under .venv's Python."""
