"""How orders are numbered."""

import secrets

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's Base32: none is taken for another
MISREAD = str.maketrans("OIL", "011", "- ")


def new_number() -> str:
    """Return an order's number, such as 7K3Q-9XWD-0M4R; it tells nobody how many orders there are."""
    return as_number("".join(secrets.choice(LETTERS) for _letter in range(12)))


def as_number(typed: str) -> str:
    """Return a number, or its beginning, as it is written, whatever somebody made of case, hyphens and letters."""
    letters = typed.upper().translate(MISREAD)
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
