//! What every concern needs while a cell is built: the graph, the names, whose a resource is.

use std::sync::Arc;

use tenantry_config::{AccountLogRole, Cell, Platform};
use tenantry_resources::{Component, Graph};

use crate::application::Application;
use crate::{Code, FIRST_CELL, names};

/// The value of the tag `tenant_id` on what all tenants use.
const SHARED: &str = "shared";

pub(crate) struct Builder<'a> {
    pub(crate) graph: Graph,
    pub(crate) platform: &'a Platform,
    pub(crate) code: &'a Code,
    pub(crate) application: &'a Application,
    cell: u32,
}

/// A tenant while its resources are built.
pub(crate) struct Tenant<'a> {
    pub(crate) config: &'a tenantry_config::Tenant,
    pub(crate) component: Arc<Component>,
    prefix: String,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(
        platform: &'a Platform,
        cell: &'a Cell,
        code: &'a Code,
        application: &'a Application,
    ) -> Self {
        Self { graph: Graph::default(), platform, code, application, cell: cell.number }
    }

    /// Whether this cell has the platform's audit trail.
    pub(crate) fn makes_the_trail(&self) -> bool {
        self.cell == FIRST_CELL && self.platform.options.audit_trail
    }

    /// Whether this cell sets the role of the account's API Gateway settings.
    pub(crate) fn sets_the_account_log_role(&self) -> bool {
        self.cell == FIRST_CELL && self.platform.options.account_log_role == AccountLogRole::Set
    }

    /// The name of something shared.
    pub(crate) fn name(&self, thing: &str) -> String {
        names::shared_name(self.platform, self.cell, thing)
    }

    /// The name of something of a tenant's.
    pub(crate) fn tenant_name(&self, tenant: &Tenant<'_>, thing: &str) -> String {
        names::tenant_name(self.platform, tenant.config, thing)
    }

    /// The component of a shared concern.
    pub(crate) fn shared(&self, kind: &'static str) -> Arc<Component> {
        let name = self.name(&kind.to_ascii_lowercase());
        let protected = self.platform.options.deletion_protection;
        Arc::new(Component { kind, name, tags: self.tags(SHARED), protected })
    }

    /// A tenant to build for.
    pub(crate) fn tenant(&self, config: &'a tenantry_config::Tenant) -> Tenant<'a> {
        let id = config.id.to_string();
        let protected = self.platform.protects(config);
        let component = Component { kind: "Tenant", tags: self.tags(&id), name: id, protected };
        let prefix = names::tenant_prefix(&config.id);
        Tenant { config, component: Arc::new(component), prefix }
    }

    fn tags(&self, tenant_id: &str) -> Vec<(&'static str, String)> {
        let tags = &self.platform.tags;
        vec![
            ("tenant_id", tenant_id.to_owned()),
            ("environment", tags.environment.clone()),
            ("cost_center", tags.cost_center.clone()),
        ]
    }
}

impl Tenant<'_> {
    /// The logical id of something of this tenant's.
    pub(crate) fn id(&self, thing: &str) -> String {
        format!("{}{thing}", self.prefix)
    }
}
