//! Proof of tenant isolation from the text of CloudFormation templates.
