"""The gene table: what is known of every gene, sorted and filtered."""
