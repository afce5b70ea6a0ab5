"""An SMTP server for tests that records what it takes and misbehaves on command.

with Sink([Rule("RCPT", reply="550 5.1.1 no such user", argument="<b@")]) as sink:
    ...  # send to 127.0.0.1, sink.port
    sink.wait_for(1)
assert sink.accepted[0].recipients == ("a@example.test",)
"""
