"""The training dock: dataset, parameters, progress and loss curves."""
