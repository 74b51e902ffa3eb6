"""From counts to denoised views: the graph attention denoiser, programmes and shrinkage."""
