"""Whether a sweep is large enough: its indices against those of the smaller designs it holds."""
