"""What the OpenAPI page says about verification codes."""

from typing import Any

from notifications.facades.angus import openapi

CHECK: dict[str, Any] = {
    "tags": ["Verification codes"],
    "summary": "Check a verification code",
    "description": "The right code is used up by it. Five wrong ones kill it; so does its time. The refusal is the "
    "same for a code that is wrong, used or expired and for an address that was never sent one. "
    + openapi.ENVELOPE_NOTE,
    "parameters": [
        openapi.parameter("bizKey", "What the code was sent for.", required=True),
        openapi.parameter("email", "Where it was sent to.", required=True),
        openapi.parameter("verificationCode", "What the person typed; 1 to 160 characters.", required=True),
    ],
    "responses": {
        200: openapi.nothing("It was the right one, and cannot be used again."),
        400: openapi.refusal(
            "Not the right one.",
            code="E0",
            msg="The verification code is wrong or has expired.",
            e_key="protocol_error",
            data="xcm.gm.email.verifyCode.error",
        ),
        401: openapi.UNAUTHORIZED,
        403: openapi.FORBIDDEN,
    },
}
