"""The networks, one a file, and their declarations; they import torch and errors alone."""
