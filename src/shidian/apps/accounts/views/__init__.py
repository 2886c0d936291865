"""Pages of accounts: sign in, sign out, second factor, sessions, language."""

from .language import set_language
from .password import change_password
from .sessions import end_session, session_list
from .sign_in import sign_in, sign_out

__all__ = ["change_password", "end_session", "session_list", "set_language", "sign_in", "sign_out"]
