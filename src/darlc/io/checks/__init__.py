"""Steps after reading, for every format: layout of the AnnData, the user's options, and checks."""
