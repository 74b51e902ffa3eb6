"""The docks: one widget a module, each a view of the Session."""
