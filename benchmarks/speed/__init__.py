"""How long single questions take."""
