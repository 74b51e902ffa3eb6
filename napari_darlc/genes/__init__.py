"""Genes for lists and layers: columns of values, search, filters, order, and views."""
