"""Pictures for the eye: display mapping and contact sheets. Data is never changed here."""
