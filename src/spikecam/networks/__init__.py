"""The networks, one a file, each with its frozen configuration; torch alone, nothing of ours."""
