"""All that is known of a model in one document: on one page, and as a PDF."""
