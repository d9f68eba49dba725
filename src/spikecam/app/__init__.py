"""The browser app: looking at recordings, deblurring, and a live view; an extra."""
