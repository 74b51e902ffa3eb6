"""The compare dock: views, genes and clusters side by side or on one tissue."""
