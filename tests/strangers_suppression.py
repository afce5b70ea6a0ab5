"""What a stranger tries at each route for suppressions, with the owner's ids and addresses, and gets nothing."""

from collections.abc import Callable

from notifications import suppression
from notifications.contracts import Channel
from notifications.models import Suppression
from notifications.suppression import Entry
from tests.strangers import Stranger

ADDRESS = "ann@example.org"


def _owners(stranger: Stranger) -> int:
    suppression.add(stranger.owner.pk, Channel.EMAIL, [Entry(ADDRESS)])
    return Suppression.objects.for_tenant(stranger.owner.pk).get().pk


def _is_there(stranger: Stranger) -> bool:
    return Suppression.objects.for_tenant(stranger.owner.pk).filter(address=ADDRESS).exists()


def list_them(stranger: Stranger) -> None:
    id_ = _owners(stranger)
    stranger.sees_nothing_in("/api/v1/suppressions")
    stranger.sees_nothing_in(f"/api/v1/suppressions?id={id_}&address={ADDRESS}")


def read_one(stranger: Stranger) -> None:
    status, answer = stranger.get(f"/api/v1/suppressions/{_owners(stranger)}")
    assert (status, answer["ext"]["eKey"]) == (404, "resource_not_found")


def add_one(stranger: Stranger) -> None:
    """To the stranger's own list, whoever is on the owner's."""
    _owners(stranger)
    status, answer = stranger.post("/api/v1/suppressions", {"addresses": [ADDRESS]})
    assert (status, answer["data"]) == (201, {"added": "1", "known": "0"})


def remove_one(stranger: Stranger) -> None:
    _owners(stranger)
    status, answer = stranger.post("/api/v1/suppressions/remove", {"addresses": [ADDRESS]})
    assert (status, answer["data"]) == (200, {"removed": "0"})
    assert _is_there(stranger)


def delete_one(stranger: Stranger) -> None:
    id_ = _owners(stranger)
    assert stranger.client.delete(f"/api/v1/suppressions?ids={id_}").status_code == 204
    assert _is_there(stranger)


def import_some(stranger: Stranger) -> None:
    answer = stranger.client.post("/api/v1/suppressions/import", f"address\n{ADDRESS}\n", content_type="text/csv")
    assert answer.status_code == 200
    assert not Suppression.objects.for_tenant(stranger.owner.pk).exists()


_SUPPRESSIONS: dict[tuple[str, str], Callable[[Stranger], None]] = {
    ("GET", "api/v1/suppressions"): list_them,
    ("POST", "api/v1/suppressions"): add_one,
    ("DELETE", "api/v1/suppressions"): delete_one,
    ("POST", "api/v1/suppressions/remove"): remove_one,
    ("POST", "api/v1/suppressions/import"): import_some,
    ("GET", "api/v1/suppressions/<str:suppression_id>"): read_one,
}
CASES = {(method, path + slash): case for (method, path), case in _SUPPRESSIONS.items() for slash in ("", "/")}
