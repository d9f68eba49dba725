"""Commands over many recordings: jobs, their manifest, and the workers that run them."""
