"""Studies that outlive a session: described once, run in chunks, kept in a store, resumed."""
