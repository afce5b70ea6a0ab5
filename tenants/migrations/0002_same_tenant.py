"""What Django cannot say: a member of a group and the group belong to the same tenant."""

from django.db import migrations

FORWARD = """
ALTER TABLE tenants_groupmember ADD CONSTRAINT group_member_group_same_tenant
  FOREIGN KEY (tenant_id, group_id) REFERENCES tenants_contactgroup (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE tenants_groupmember ADD CONSTRAINT group_member_contact_same_tenant
  FOREIGN KEY (tenant_id, contact_id) REFERENCES tenants_contact (tenant_id, id) ON DELETE CASCADE;
"""
BACKWARD = """
ALTER TABLE tenants_groupmember DROP CONSTRAINT group_member_group_same_tenant;
ALTER TABLE tenants_groupmember DROP CONSTRAINT group_member_contact_same_tenant;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
