"""A model's page while the model is being edited: made again at each save, in an open browser."""

from __future__ import annotations

from sdmodel.serving.live import Live as Live
from sdmodel.serving.server import Server as Server
