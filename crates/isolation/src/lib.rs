//! Proof of tenant isolation from the text of CloudFormation templates.

pub mod claims;
pub mod verdict;
