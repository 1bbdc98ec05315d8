"""The page of a sweep: one HTML file with charts in which runs can be picked with the mouse."""
