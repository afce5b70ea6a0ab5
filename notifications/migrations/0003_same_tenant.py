"""What Django cannot say: copies and entries of lists belong to the tenant of what they point at."""

from django.db import migrations

FORWARD = """
ALTER TABLE notifications_mailcopy ADD CONSTRAINT mail_copy_contact_same_tenant
  FOREIGN KEY (tenant_id, contact_id) REFERENCES tenants_contact (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE notifications_recipientlistentry ADD CONSTRAINT recipient_list_entry_same_tenant
  FOREIGN KEY (tenant_id, recipient_list_id) REFERENCES notifications_recipientlist (tenant_id, id) ON DELETE CASCADE;
"""
BACKWARD = """
ALTER TABLE notifications_mailcopy DROP CONSTRAINT mail_copy_contact_same_tenant;
ALTER TABLE notifications_recipientlistentry DROP CONSTRAINT recipient_list_entry_same_tenant;
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_models")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
