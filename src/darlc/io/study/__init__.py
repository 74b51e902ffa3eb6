"""Several sections together: read from several paths, and kept in a folder with one file each."""
