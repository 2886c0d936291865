"""Pages of cases: the desk, the case, the application, and one page per act."""
