"""Several sections together: shared memberships, and where sections depart from them."""
