"""Time-ordered ids: 43 bits of milliseconds since 2020, then 20 bits of a sequence (a million ids per millisecond)."""

from django.db import migrations

# date_part reckons in binary, which is exact enough for milliseconds; extract takes three times as long for its decimals.
FORWARD = """
CREATE SEQUENCE angarium_id_seq MINVALUE 0 MAXVALUE 1048575 START 0 CYCLE CACHE 20;

CREATE FUNCTION angarium_next_id() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
  SELECT ((date_part('epoch', clock_timestamp()) * 1000)::bigint - 1577836800000) << 20 | nextval('angarium_id_seq')
$$;
"""
BACKWARD = "DROP FUNCTION angarium_next_id(); DROP SEQUENCE angarium_id_seq;"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
