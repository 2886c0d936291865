"""Pages for officers about notices: publish one, moderate and answer comments."""
