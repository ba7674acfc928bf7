//! The blueprint as resources of the Pulumi aws provider.
