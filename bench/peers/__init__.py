"""Others that compute the same indicators: held to the same answer, and to the clock."""
