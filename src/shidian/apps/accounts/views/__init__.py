"""Pages of accounts: sign in, sign out, language."""

from .language import set_language
from .sign_in import sign_in, sign_out

__all__ = ["set_language", "sign_in", "sign_out"]
