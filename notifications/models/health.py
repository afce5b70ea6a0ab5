"""What the workers have learnt about a route: written when it fails and when it recovers, read once per batch."""

from django.db import models


class RouteHealth(models.Model):
    """No row: nothing bad is known. ``rests_until`` to come: the breaker is open, and mail goes elsewhere or waits."""

    server = models.OneToOneField(
        "notifications.MailServer", on_delete=models.CASCADE, primary_key=True, related_name="health"
    )
    #: Failures of the route itself in a row: connection, TLS, login.
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    #: After the rest one worker tries a single message; until then the others keep waiting.
    trial_until = models.DateTimeField(null=True)
    #: The latest failure in the server's own words.
    words = models.CharField(max_length=1000, blank=True, default="")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.server}: {self.failures} failures"
