"""How a case moves: `step(rulebook, calendar, history, act) → effects`, pure."""
