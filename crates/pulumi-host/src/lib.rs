//! A language host for the Pulumi engine.
