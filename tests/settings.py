"""The settings of a test run: ours, with keys of its own and a broker that nobody else listens to.

Set through the environment, so that the processes which a test starts see the same.
"""

import atexit
import os
import shutil
import sys
import tempfile

from cryptography.fernet import Fernet

if "DATABASE_URL" not in os.environ:
    sys.exit("Run 'python3 manage.py test', which brings its own PostgreSQL, or set DATABASE_URL.")

os.environ.setdefault("SECRET_KEY", Fernet.generate_key().decode())
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode())
# The servers of the tests listen on loopback; what tenants may not reach has tests that switch this off.
os.environ["ALLOW_PRIVATE_SERVERS"] = "true"
# A nudge sent by a test must not wake the workers of a real instance, so its broker and files are always our own.
os.environ["CELERY_BROKER_URL"] = "filesystem://"
os.environ["ANGARIUM_HOME"] = tempfile.mkdtemp(prefix="angarium-test-")
# WhiteNoise warns when there is nothing to serve, and warnings are errors here.
os.mkdir(os.path.join(os.environ["ANGARIUM_HOME"], "static"))
atexit.register(shutil.rmtree, os.environ["ANGARIUM_HOME"], ignore_errors=True)

from config.settings import *  # noqa: E402, F403 - reads what was set above

# Operators of tests come and go by the hundred; a slow hash would cost more than all they do.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
