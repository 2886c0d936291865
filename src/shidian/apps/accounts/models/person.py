"""Person: one human being who signs in. What they may do follows from the roles they hold."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import get_language


class Language(models.TextChoices):
    """Languages of the product."""

    ZH = "zh-hans", "简体中文"
    EN = "en", "English"


class PersonManager(BaseUserManager["Person"]):
    """Finds a person by what they type to sign in: user name or e-mail address."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """The person of that user name or e-mail, without regard to case. Raises DoesNotExist."""
        typed = (username or "").strip()
        column = "email__iexact" if "@" in typed else "username__iexact"
        return self.get(**{column: typed})

    def create_person(
        self,
        username: str,
        *,
        name: str,
        name_en: str = "",
        email: str = "",
        password: str | None = None,
        language: str = Language.ZH,
    ) -> Person:
        """A new person; without a password nobody can sign in as them."""
        person = self.model(
            username=username.strip(),
            name_zh=name,
            name_en=name_en,
            email=self.normalize_email(email) or "",
            language=language,
        )
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A human being with an account. There is no all-powerful administrator among them."""

    username = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    name_zh = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=10, choices=Language.choices, default=Language.ZH)
    is_active = models.BooleanField(default=True)
    joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(Lower("username"), name="person_username_any_case"),
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="person_email_any_case"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        if (get_language() or "zh-hans").startswith("zh"):
            return self.name_zh
        return self.name_en or self.name_zh
