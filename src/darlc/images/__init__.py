"""From observations to SGEP images: grids, tissue images, and the choice of drawing genes."""
