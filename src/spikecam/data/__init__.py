"""Data sets on disk: readers of the field's layouts, and new ones made by simulation."""
