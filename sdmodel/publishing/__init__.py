"""The model as one page: sliders, charts and drawing in a file that needs nothing but a browser."""

from sdmodel.publishing.whole import page as page
from sdmodel.publishing.whole import publish as publish
