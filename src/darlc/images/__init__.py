"""From observations to pictures: grids, SGEP images, and which genes are modelled."""
