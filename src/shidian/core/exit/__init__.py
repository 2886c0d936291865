"""How a pilot ends: the exit plan as data, its drill on made-up positions, the certificate."""
