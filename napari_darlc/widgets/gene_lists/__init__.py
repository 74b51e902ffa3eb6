"""Parts that lists of genes share: measured columns, filters, copying, typed names."""
