"""Corporate identity providers: HTTP that keeps to its bounds, and the forms that people fill in there."""
