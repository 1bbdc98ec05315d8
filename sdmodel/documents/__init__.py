"""A model's own documentation: pages that link every variable to its causes and uses."""
