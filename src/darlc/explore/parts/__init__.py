"""What several questions are computed with: smooth modes of the tissue, ranks, 2-means."""
