//! platform.toml and platform.lock, parsed and validated.

mod addresses;
mod platform;
mod tenant_id;
mod words;

pub use addresses::{Slot, SlotOutOfRange};
pub use platform::{Cell, Platform, Tags, Tenant, Tier};
pub use tenant_id::{InvalidTenantId, TenantId};
