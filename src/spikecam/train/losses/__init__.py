"""Loss functions and scores."""
