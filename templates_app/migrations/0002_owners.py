"""What Django cannot say: a binding and its template have the same owner; public ids below 10000 are the seeds'."""

from django.db import migrations

FORWARD = """
ALTER TABLE templates_app_bizkeybinding ADD CONSTRAINT binding_template_same_owner
  FOREIGN KEY (owner_id, template_id) REFERENCES templates_app_template (owner_id, id) ON DELETE CASCADE;
ALTER TABLE templates_app_translation ALTER COLUMN id RESTART WITH 10000;
"""
BACKWARD = "ALTER TABLE templates_app_bizkeybinding DROP CONSTRAINT binding_template_same_owner;"


class Migration(migrations.Migration):
    dependencies = [("templates_app", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
