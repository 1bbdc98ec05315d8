"""Claims: sentences that a model supports, contradicts, or supports under conditions."""
