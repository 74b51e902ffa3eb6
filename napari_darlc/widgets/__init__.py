"""The docks: one widget in each module, each a view of the Session."""
