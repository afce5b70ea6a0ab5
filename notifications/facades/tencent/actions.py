"""The register of actions: name → what it takes and who does it.

How the frame works. ``door`` (a middleware) tells which requests are Tencent's. ``views`` reads one (``call``: common
parameters from headers, form or query), verifies it (``caller``, ``signature``), reads the action's own parameters by
the declared shape (``parameters``), calls the handler, and puts its answer into the envelope; whatever is raised on the
way becomes an answer with HTTP 200, exactly ``Content-Type: application/json``, and a RequestId.

To add actions, write a module ``<area>_actions.py`` and merge its table below, in one line::

    ACTIONS = {
        "DeleteEmailTemplate": Action(
            handle=delete_template,
            scope=Scope.TEMPLATE_WRITE,
            parameters=Record({"TemplateID": Whole()}, required=["TemplateID"]),
        ),
    }

- A handler is a function ``(principal, params) -> dict``. ``params`` holds what was sent, by the vendor's names,
  checked and typed as declared; absent and null members are not in it. ``{}`` is a fine answer; RequestId is added.
- It calls service modules, and lets their DomainErrors pass: ``errors.TABLE`` translates them. Where the vendor has a
  better code for this action, catch the DomainError next to the call and raise ``TencentError(code, **params)`` from
  it. ``errors.OnRecord`` is for refusals of what is stored all the same.
- Each code that is raised needs a sentence in English and Chinese: in a table of your own module
  ``<area>_sentences.py``, merged into ``sentences.SENTENCES`` in one line.
- A new route is not needed; a stranger's case for each action that takes ids is (``tests/strangers_tencent.py``).
- Tests speak through ``tests/facades/tencent/client.py``, which signs as the vendor's SDK does.
"""

from notifications.facades.tencent import (
    blocklist_actions,
    identity_actions,
    receiver_actions,
    send_actions,
    status_actions,
    task_actions,
    template_actions,
)
from notifications.facades.tencent.action import Action

#: All that the vendor has and we do not.
NOT_OFFERED = frozenset(
    {
        "CreateAddressUnsubscribeConfig",
        "DeleteAddressUnsubscribeConfig",
        "GetAbuseReport",
        "ListAddressUnsubscribeConfig",
        "UpdateAddressUnsubscribeConfig",
        # Nobody submits mail over SMTP here.
        "UpdateEmailSmtpPassWord",
    }
)

ACTIONS: dict[str, Action] = {
    **send_actions.ACTIONS,
    **template_actions.ACTIONS,
    **status_actions.ACTIONS,
    **blocklist_actions.ACTIONS,
    **identity_actions.ACTIONS,
    **receiver_actions.ACTIONS,
    **task_actions.ACTIONS,
}
