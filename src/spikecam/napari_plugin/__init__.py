"""Plugin of the viewer napari: recordings as layers, and reconstruction beside them."""
