"""Demo City (示范市): fictional people, firms, authorities and pilots. Nothing here is real."""
