//! What the first cell holds for all cells, and what follows from that.
//!
//! The audit trail (a region takes five, and one sees the whole account) and the role of the
//! account's API Gateway settings (of which a region has one) are there once for all cells.

use std::fmt;

use tenantry_config::{AccountLogRole, Platform};

/// The number of the cell that has what is there once for all.
pub const FIRST_CELL: u32 = 1;

/// The first cell has no tenants any more, so that it would not be deployed, while others live that
/// need what it has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FirstCellGone {
    /// What it holds for the others.
    pub holds: Vec<&'static str>,
}

impl fmt::Display for FirstCellGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holds = self.holds.join(" and ");
        write!(f, "cell 1 has no tenants any more, but other cells have, and it holds {holds}")
    }
}

impl std::error::Error for FirstCellGone {}

impl FirstCellGone {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "keep a tenant in cell 1 as long as other cells live; or, where the account has both of its own, say \
         `[audit] trail = false` and `[api] account_log_role = \"keep\"`"
    }
}

/// Whether the first cell is there, if the others need it.
///
/// # Errors
/// When it is not.
pub fn check_first_cell(platform: &Platform) -> Result<(), FirstCellGone> {
    let has_first = platform.cells.iter().any(|cell| cell.number == FIRST_CELL);
    if has_first || platform.cells.is_empty() {
        return Ok(());
    }
    let mut holds = Vec::new();
    if platform.options.audit_trail {
        holds.push("the platform's audit trail");
    }
    if platform.options.account_log_role == AccountLogRole::Set {
        holds.push("the role by which all cells write access logs");
    }
    if holds.is_empty() { Ok(()) } else { Err(FirstCellGone { holds }) }
}
